package evals

// evals are what support agents are asked, in the words of the people who ask.
var evals = []eval{
	// About a customer.
	{
		asks:  "What is open for emma.clarke@example.com?",
		by:    "reader triage support team_lead privacy_officer discover.yaml privacy-officer.yaml",
		task:  []string{`find_customer {"email":"emma.clarke@example.com"}`},
		plain: []string{`list_end_users {"email":"emma.clarke@example.com"}`, `list_end_user_conversations {"userId":"emma.clarke@example.com"}`},
		facts: []string{`Emma Clarke`, `2887 .*Open.*Missing VAT number on invoice INV-2026-60963`, `1234 .*Open.*Double charge on order HB-204518`},
	},
	{
		asks:  "Since when is CUST-20000 a customer?",
		by:    "reader triage support team_lead privacy_officer discover.yaml privacy-officer.yaml",
		task:  []string{`find_customer {"externalId":"CUST-20000"}`},
		plain: []string{`list_end_users {"externalId":"CUST-20000"}`, `list_end_user_conversations {"userId":"emma.clarke@example.com"}`},
		facts: []string{`Emma Clarke`, `since Fri 16 Sep 2022`},
	},
	{
		asks:  "Did Emma Clarke write about something else this week?",
		by:    "reader triage support team_lead discover.yaml",
		task:  []string{`find_conversations {"customer":"emma.clarke@example.com","from":"2026-02-23","to":"2026-03-01"}`},
		plain: []string{`search_conversations {"contactId":["emma.clarke@example.com"],"createdAfter":"2026-02-23","createdBefore":"2026-03-01"}`, `get_conversation {"conversationId":2887}`, `get_conversation {"conversationId":2885}`, `get_conversation {"conversationId":2866}`},
		facts: []string{`2887`, `2885 .*Wrong size - exchange|Wrong size - exchange`, `2866`, `Refund request Aarhus wool blanket`},
	},

	// About a conversation.
	{
		asks: "Read everything about 1234 before a reply.",
		by:   "reader triage support team_lead knowledge_editor privacy_officer approved-replies.yaml discover.yaml people.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task: []string{`read_conversation {"conversationId":1234}`},
		plain: []string{`get_conversation {"conversationId":1234}`, `list_messages {"conversationId":1234}`, `list_notes {"conversationId":1234}`, `list_conversation_tags {"conversationId":1234}`,
			`get_end_user {"userId":"emma.clarke@example.com"}`, `list_end_user_conversations {"userId":"emma.clarke@example.com"}`, `list_ratings {"conversationId":1234}`},
		facts: []string{`HB-204518`, `double-charge`, `Finance says the second capture`, `Emma Clarke`, `I only placed one order`, `2887`},
	},
	{
		asks:  "What was promised in conversation 1234, and by whom?",
		by:    "reader triage support team_lead knowledge_editor privacy_officer approved-replies.yaml discover.yaml people.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`read_conversation {"conversationId":1234}`},
		plain: []string{`list_messages {"conversationId":1234}`, `list_agents {}`},
		facts: []string{`Luis Ortega`, `reverse the second one`},
	},
	{
		asks:  "Show the second message of 1234 whole.",
		by:    "reader triage support team_lead knowledge_editor privacy_officer approved-replies.yaml discover.yaml people.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`read_conversation {"conversationId":1234,"message":2}`},
		plain: []string{`list_messages {"conversationId":1234,"messageId":"#2"}`},
		facts: []string{`It takes three to five working days`, `Thanks for reaching out`},
	},
	{
		asks:  "What happened to conversation 1234?",
		by:    "reader triage support team_lead",
		plain: []string{`list_conversation_activity {"conversationId":1234}`},
		facts: []string{`Created by customer`, `Assigned .*Luis Ortega`, `Tag added .*double-charge`},
	},
	{
		asks:  "How did the customer of 2935 rate us?",
		by:    "reader triage support team_lead knowledge_editor privacy_officer",
		task:  []string{`read_conversation {"conversationId":2935}`},
		plain: []string{`get_conversation {"conversationId":2935}`, `list_messages {"conversationId":2935}`, `list_ratings {"conversationId":2935}`},
		facts: []string{`5`, `Super good!`},
	},
	{
		asks:  "Has the customer of 1234 answered after our message #4? If not, wait for it.",
		by:    "reader triage support team_lead knowledge_editor privacy_officer approved-replies.yaml discover.yaml people.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`wait_for {"conversationId":1234,"after":4}`},
		plain: []string{`list_messages {"conversationId":1234}`},
		facts: []string{`#5 .*customer`, `the £84\.90 never arrived, and my bank cannot find the reference`},
		only:  []string{`the customer answered before this call · message #5 of 5`},
	},
	{
		asks:  "Tell me when somebody takes 2936.",
		by:    "reader triage support team_lead knowledge_editor privacy_officer discover.yaml",
		task:  []string{`wait_for {"conversationId":2936,"for":"assignment"}`},
		plain: []string{`get_conversation {"conversationId":2936}`},
		facts: []string{`Luis Ortega`},
		only:  []string{`assigned to Luis Ortega .* was assigned before this call`},
	},

	// Looking for conversations.
	{
		asks:  "Which conversation is about HB-204518?",
		by:    "reader triage support team_lead knowledge_editor analyst approved-replies.yaml discover.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`find_conversations {"words":"HB-204518"}`},
		plain: []string{`search_conversations {"query":"HB-204518"}`, `get_conversation {"conversationId":1234}`},
		facts: []string{`1234`, `Double charge on order HB-204518, please refund`, `Open`},
	},
	{
		asks:  "Which open conversations are tagged urgent?",
		by:    "reader triage support team_lead knowledge_editor analyst approved-replies.yaml discover.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`find_conversations {"tag":"urgent","state":"open"}`},
		plain: []string{`list_tags {}`, `search_conversations {"tagIds":["urgent"],"status":["open"]}`, `get_conversation {"conversationId":2429}`, `get_conversation {"conversationId":1711}`},
		facts: []string{`2429`, `1711`},
	},
	{
		asks:  "What does Luis Ortega have open?",
		by:    "reader triage support team_lead analyst",
		task:  []string{`find_conversations {"assignee":"Luis Ortega","state":"open"}`},
		plain: []string{`list_agents {}`, `search_conversations {"agentId":["Luis Ortega"],"status":["open"]}`, `get_conversation {"conversationId":2936}`, `get_conversation {"conversationId":2928}`, `get_conversation {"conversationId":2897}`, `get_conversation {"conversationId":2147}`, `get_conversation {"conversationId":1849}`, `get_conversation {"conversationId":1268}`, `get_conversation {"conversationId":1234}`},
		facts: []string{`2936`, `2147`, `1234`},
	},
	{
		asks:  "Who waits in Billing, with nobody assigned?",
		by:    "reader triage support team_lead analyst approved-replies.yaml discover.yaml read-only-analyst.yaml support.yaml triage.yaml",
		task:  []string{`find_conversations {"queue":"Billing","state":"open","unassigned":true,"limit":5}`},
		plain: []string{`list_queues {}`, `search_conversations {"queueId":["Billing"],"status":["open"],"conditions":[{"field":"AgentId","operator":"IsEmpty"}],"pageLimit":5}`, `get_conversation {"conversationId":2995}`, `get_conversation {"conversationId":2994}`, `get_conversation {"conversationId":2992}`, `get_conversation {"conversationId":2987}`, `get_conversation {"conversationId":2985}`},
		facts: []string{`2995`, `2985`, `Refund for order HB-265892`},
	},
	{
		asks:  "Who asks for a refund by e-mail?",
		by:    "reader triage support team_lead knowledge_editor analyst",
		task:  []string{`find_conversations {"words":"refund","state":"open","channel":"email","limit":3}`},
		plain: []string{`search_conversations {"query":"refund","status":["open"],"channel":["email"],"pageLimit":3}`, `get_conversation {"conversationId":2987}`, `get_conversation {"conversationId":2934}`, `get_conversation {"conversationId":2929}`},
		facts: []string{`2987`},
	},

	// Now.
	{
		asks: "How long are the queues, and who is online?",
		by:   "reader team_lead discover.yaml",
		task: []string{`overview {}`},
		plain: []string{`list_queues {}`, `list_presence {}`, `list_agents {}`, `list_schedules {}`, `get_schedule_status {"scheduleId":"Customer Care"}`, `get_schedule_status {"scheduleId":"Phone line"}`,
			waiting("Billing"), waiting("Returns"), waiting("Technical Support"), waiting("VIP"), waiting("Sales"), waiting("Delivery"), waiting("Subscriptions"), waiting("Complaints"), waiting("Phone"), waiting("General Support")},
		facts: []string{`Billing`, `General Support`, `Customer Care`},
		only:  []string{`Billing.* 9\b`},
	},
	{
		asks:  "Is customer care open now?",
		by:    "reader team_lead",
		task:  []string{`overview {"only":"hours"}`},
		plain: []string{`list_schedules {}`, `get_schedule_status {"scheduleId":"Customer Care"}`},
		facts: []string{`(?i)open`, `20:00`},
	},
	{
		asks:  "Is Signe Toft online?",
		plain: []string{`get_agent_presence {"agentId":"Signe Toft"}`},
		facts: []string{`Signe Toft · Working · Online`},
	},
	{
		asks:  "Who is in the team Logistics?",
		by:    "team_lead analyst",
		plain: []string{`list_team_members {"teamId":"Logistics"}`},
		facts: []string{`Ole Bak`, `Erik Falk`},
	},
	{
		asks:  "Who works in the queue Billing?",
		by:    "team_lead analyst discover.yaml read-only-analyst.yaml support.yaml triage.yaml",
		plain: []string{`list_queue_members {"queueId":"Billing"}`},
		facts: []string{`Luis Ortega`, `Billing Bot`},
	},

	// Reports.
	{
		asks:  "How was CSAT last week, against the week before?",
		by:    "reader team_lead analyst discover.yaml nightly-reporting.yaml read-only-analyst.yaml",
		task:  []string{`report {"metric":"csat","period":"2026-02-23 to 2026-03-01"}`},
		plain: []string{csat("2026-02-23", "2026-03-01", ""), csat("2026-02-16", "2026-02-22", "")},
		facts: []string{`69\.4`, `78\.7`, `72`, `94`},
	},
	{
		asks:  "CSAT of each queue last week.",
		by:    "reader team_lead analyst discover.yaml nightly-reporting.yaml read-only-analyst.yaml",
		task:  []string{`report {"metric":"csat","period":"2026-02-23 to 2026-03-01","by":"queue"}`},
		plain: append([]string{`list_queues {}`}, csatOf("Billing", "Returns", "Technical Support", "VIP", "Sales", "Delivery", "Subscriptions", "Complaints", "Phone", "General Support")...),
		facts: []string{`Billing`, `63\.[12]`},
	},
	{
		asks:  "How many did we close last week?",
		by:    "reader team_lead analyst discover.yaml nightly-reporting.yaml read-only-analyst.yaml",
		task:  []string{`report {"metric":"closed_conversations","period":"2026-02-23 to 2026-03-01"}`},
		plain: []string{`query_metric {"id":"closed_conversations","timezone":"Europe/Copenhagen","preset":"PreviousWeek"}`, `query_metric {"id":"closed_conversations","timezone":"Europe/Copenhagen","start":"2026-02-16","end":"2026-02-22"}`},
		facts: []string{`200`},
	},
	{
		asks:  "What did unhappy customers write last week?",
		by:    "reader team_lead analyst discover.yaml nightly-reporting.yaml read-only-analyst.yaml",
		task:  []string{`report {"metric":"csat","period":"2026-02-23 to 2026-03-01","comments":true}`},
		plain: []string{csat("2026-02-23", "2026-03-01", ""), csat("2026-02-16", "2026-02-22", ""), `query_metric_records {"id":"ratings","timezone":"Europe/Copenhagen","start":"2026-02-23","end":"2026-03-01"}`},
		facts: []string{`69\.4`, `Never again\.`},
	},

	// Knowledge.
	{
		asks:  "What does our help centre say about being charged twice?",
		by:    "reader support knowledge_editor discover.yaml",
		task:  []string{`find_article {"words":"charged twice","language":"en"}`},
		plain: []string{`list_collections {}`, `get_catalog {"collectionId":"d83990a5-3413-4818-8610-f5e7daa0ca4f","language":"en"}`, `get_article {"articleId":"52187b2f-aea4-4954-9cf4-061e99cd9922","language":"en"}`},
		facts: []string{`I was charged twice`, `your bank may show two payments`},
	},
	{
		asks:  "How does a customer return something?",
		by:    "reader support knowledge_editor",
		task:  []string{`find_article {"words":"how to return an item","language":"en"}`},
		plain: []string{`list_collections {}`, `get_catalog {"collectionId":"d83990a5-3413-4818-8610-f5e7daa0ca4f","language":"en"}`, `get_article {"articleId":"2c065393-6b75-41f9-99c9-5139cd2c340f","language":"en"}`},
		facts: []string{`How to return an item`},
	},
	{
		asks:  "Which canned answers are there about refunds?",
		plain: []string{`list_templates {"type":"QuickResponse","pageLimit":5}`},
		facts: []string{`Refund: approved`},
	},

	// Writes, by names.
	{
		asks:  "Tag 1234 as urgent.",
		by:    "triage support discover.yaml support.yaml",
		task:  []string{`update_conversation {"conversationId":1234,"tag":["urgent"]}`},
		plain: []string{`tag_conversation {"conversationId":1234,"tagId":"urgent"}`},
		only:  []string{`tag urgent: added`},
		after: []string{`list_conversation_tags {"conversationId":1234}`, `(?m)^urgent`},
	},
	{
		asks:  "Take the tag refund away from 1234.",
		by:    "triage support discover.yaml support.yaml",
		task:  []string{`update_conversation {"conversationId":1234,"untag":["refund"]}`},
		plain: []string{`untag_conversation {"conversationId":1234,"tagId":"refund"}`},
		only:  []string{`tag refund: removed`},
		after: []string{`list_conversation_tags {"conversationId":1234}`, `^double-charge`},
	},
	{
		asks:  "Move 1234 to Complaints.",
		by:    "triage support team_lead",
		task:  []string{`update_conversation {"conversationId":1234,"queue":"Complaints"}`},
		plain: []string{`transfer_conversation {"conversationId":1234,"queueId":"Complaints"}`},
		only:  []string{`queue: Billing → Complaints`},
		after: []string{`get_conversation {"conversationId":1234}`, `queue Complaints`},
	},
	{
		asks:  "Give 1234 to Signe Toft.",
		task:  []string{`update_conversation {"conversationId":1234,"assignee":"signe.toft@example.com","force":true}`},
		plain: []string{`claim_conversation {"conversationId":1234,"agentId":"signe.toft@example.com","force":true}`},
		only:  []string{`assigned to: Luis Ortega → Signe Toft`},
		after: []string{`get_conversation {"conversationId":1234}`, `assigned to Signe Toft`},
	},
	{
		asks:  "Note on 1234 that finance was asked.",
		by:    "triage support team_lead approved-replies.yaml discover.yaml people.yaml support.yaml triage.yaml",
		task:  []string{`update_conversation {"conversationId":1234,"note":"Finance was asked."}`},
		plain: []string{`add_note {"conversationId":1234,"message":"Finance was asked."}`},
		only:  []string{`note: added`},
		after: []string{`list_notes {"conversationId":1234}`, `(?m)^\| Finance was asked\.$`},
	},
	{
		asks:  "Close 1234.",
		by:    "support privacy_officer discover.yaml privacy-officer.yaml support.yaml",
		task:  []string{`update_conversation {"conversationId":1234,"close":true}`},
		plain: []string{`close_conversation {"conversationId":1234}`},
		only:  []string{`state: Open → Closed`},
		after: []string{`get_conversation {"conversationId":1234}`, `Closed`},
	},
	{
		asks:  "Open 2885 again.",
		by:    "support discover.yaml support.yaml",
		task:  []string{`update_conversation {"conversationId":2885,"reopen":true}`},
		plain: []string{`reopen_conversation {"conversationId":2885}`},
		only:  []string{`state: Closed → Open`},
		after: []string{`get_conversation {"conversationId":2885}`, `Open`},
	},
	{
		asks:  "Remind us of 1234 on a Friday at nine.", // a time to come, by the clock of the machine
		by:    "support discover.yaml support.yaml",
		task:  []string{`update_conversation {"conversationId":1234,"followUp":"2099-03-06 09:00"}`},
		plain: []string{`set_followup {"conversationId":1234,"timestamp":"2099-03-06 09:00"}`},
		facts: []string{`2099-03-06T09:00:00\+01:00`},
		after: []string{`get_conversation {"conversationId":1234}`, `Pending`},
	},
	{
		asks:  "Answer 1234 in the name of Luis Ortega.",
		by:    "support",
		task:  []string{`reply {"conversationId":1234,"text":"The refund was sent today.","agentId":"Luis Ortega"}`},
		plain: []string{`send_message {"conversationId":1234,"text":"The refund was sent today.","agentId":"Luis Ortega"}`},
		only:  []string{`message: sent`, `as Luis Ortega`},
		after: []string{`list_messages {"conversationId":1234}`, `Luis Ortega(?s:.*)The refund was sent today\.`},
	},
	{
		asks:  "Tell the customer of 1234 with the quick response that the refund is approved, and close it.",
		task:  []string{`reply {"conversationId":1234,"template":"Refund: approved","agentId":"Luis Ortega","close":true}`},
		plain: []string{`list_templates {"type":"QuickResponse"}`, `get_conversation {"conversationId":1234}`, `get_end_user {"userId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f"}`, `send_message {"conversationId":1234,"text":"Hi Emma, your refund is approved and goes out today. Your bank needs three to five working days. Best regards, Luis","agentId":"Luis Ortega"}`, `close_conversation {"conversationId":1234}`},
		only:  []string{`template "Refund: approved"`, `(?m)^\| Hi Emma, your refund is approved`, `state: Open → Closed`},
		after: []string{`read_conversation {"conversationId":1234}`, `Closed(?s:.*)Hi Emma, your refund is approved and goes out today\.(?s:.*)Best regards, Luis`},
	},
	{
		asks:  "Draft an answer to 1234 that the refund was sent, and send nothing.",
		by:    "triage support team_lead approved-replies.yaml support.yaml triage.yaml",
		task:  []string{`draft_reply {"conversationId":1234,"text":"The refund was sent today."}`},
		plain: []string{`add_note {"conversationId":1234,"message":"Draft of a reply: The refund was sent today."}`},
		only:  []string{`draft D-[0-9A-Z]{4}: note added, nothing sent`, `(?m)^\| The refund was sent today\.$`},
		after: []string{`list_notes {"conversationId":1234}`, `Draft (?s:.*)The refund was sent today\.`},
	},
	{
		asks:  "Draft an answer to 1234, and send it when I agree.",
		task:  []string{`draft_reply {"conversationId":1234,"text":"The refund was sent today."}`, `reply {"conversationId":1234,"draft":"D-ZZXP","agentId":"Luis Ortega"}`},
		plain: []string{`add_note {"conversationId":1234,"message":"Draft of a reply: The refund was sent today."}`, `send_message {"conversationId":1234,"text":"The refund was sent today.","agentId":"Luis Ortega"}`},
		only:  []string{`message: sent · draft D-ZZXP by agent`, `The note with the draft stays in Dixa\.`},
		after: []string{`list_messages {"conversationId":1234}`, `Luis Ortega(?s:.*)The refund was sent today\.`},
	},
	{
		asks:  "Set the contact reason of 1234 to refund.",
		by:    "triage support",
		task:  []string{`update_conversation {"conversationId":1234,"attributes":[{"id":"Contact reason","values":["Payment","Refund"]}]}`},
		plain: []string{`set_conversation_attributes {"conversationId":1234,"attributes":[{"id":"Contact reason","values":["Payment","Refund"]}]}`},
		only:  []string{`"Payment > Double charge" → "Payment > Refund"`},
		after: []string{`get_conversation {"conversationId":1234}`, `Contact reason Payment, Refund`},
	},
	{
		asks:  "Link 2887 to 1234.",
		task:  []string{`update_conversation {"conversationId":2887,"parent":1234}`},
		plain: []string{`link_conversation {"conversationId":2887,"parentId":1234,"linkType":"Related"}`},
		only:  []string{`parent: 1234`},
		after: []string{`list_linked_conversations {"conversationId":1234}`, `2887`},
	},
	{
		asks: "Hand 1234 over to Signe Toft in Complaints, with a note, and mark it urgent.",
		task: []string{`update_conversation {"conversationId":1234,"tag":["urgent"],"queue":"Complaints","assignee":"Signe Toft","note":"Second capture is still open."}`},
		plain: []string{`get_conversation {"conversationId":1234}`, `tag_conversation {"conversationId":1234,"tagId":"urgent"}`, `transfer_conversation {"conversationId":1234,"queueId":"Complaints"}`,
			`claim_conversation {"conversationId":1234,"agentId":"Signe Toft"}`, `add_note {"conversationId":1234,"message":"Second capture is still open."}`},
		only:  []string{`queue: Billing → Complaints`, `→ Signe Toft`, `tag urgent: added`, `note: added`},
		after: []string{`read_conversation {"conversationId":1234}`, `queue Complaints · assigned to Signe Toft(?s:.*)tag urgent(?s:.*)Second capture is still open`},
	},
	{
		asks: "Finish 1234: tag it as VIP, take urgent away, set the order number, note why and close it.",
		by:   "support",
		task: []string{`update_conversation {"conversationId":1234,"tag":["vip"],"untag":["urgent"],"attributes":[{"id":"Order number","value":"HB-1"}],"close":true,"note":"Paid back."}`},
		plain: []string{`tag_conversation {"conversationId":1234,"tagId":"vip"}`, `untag_conversation {"conversationId":1234,"tagId":"urgent"}`,
			`set_conversation_attributes {"conversationId":1234,"attributes":[{"id":"Order number","value":"HB-1"}]}`, `add_note {"conversationId":1234,"message":"Paid back."}`, `close_conversation {"conversationId":1234}`},
		only:  []string{`tag urgent: no change`, `HB-204518 → HB-1`, `state: Open → Closed`},
		after: []string{`read_conversation {"conversationId":1234}`, `Closed(?s:.*)tag vip(?s:.*)HB-1(?s:.*)Paid back`},
	},
	{
		asks: "Tag every conversation about the wool blanket as VIP.",
		task: []string{`bulk_update {"find":{"words":"wool blanket"},"tag":["vip"]}`, `bulk_update {"handle":"$handle"}`},
		plain: []string{`search_conversations {"query":"wool blanket"}`, `tag_conversation {"conversationId":2866,"tagId":"vip"}`, `tag_conversation {"conversationId":2539,"tagId":"vip"}`,
			`tag_conversation {"conversationId":1981,"tagId":"vip"}`, `tag_conversation {"conversationId":1528,"tagId":"vip"}`},
		only:  []string{`tag vip: added`, `4 conversations`},
		after: []string{`list_conversation_tags {"conversationId":2866}`, `(?m)^vip`},
	},
	{
		asks: "Move 1234 to Returns. No, that was wrong: put it back.",
		task: []string{`update_conversation {"conversationId":1234,"queue":"Returns"}`, `undo {}`},
		plain: []string{`get_conversation {"conversationId":1234}`, `transfer_conversation {"conversationId":1234,"queueId":"Returns"}`, `transfer_conversation {"conversationId":1234,"queueId":"Billing"}`,
			`claim_conversation {"conversationId":1234,"agentId":"Luis Ortega"}`},
		only:  []string{`queue: Returns → Billing · assigned to: Luis Ortega`},
		after: []string{`get_conversation {"conversationId":1234}`, `queue Billing · assigned to Luis Ortega`},
	},
	{
		asks:  "Emma Clarke has a new number.",
		plain: []string{`update_end_user {"userId":"emma.clarke@example.com","phoneNumber":"+447700909001"}`},
		after: []string{`list_end_users {"email":"emma.clarke@example.com"}`, `\+447700909001`},
	},
	{
		asks:  "Write to Emma Clarke about her refund.",
		plain: []string{`create_conversation {"channel":"Email","direction":"Outbound","requesterId":"emma.clarke@example.com","text":"Your refund was sent.","agentId":"Luis Ortega","emailIntegrationId":"billing@email.dixa.io","subject":"Your refund","language":"en"}`},
		after: []string{`list_messages {"conversationId":3001}`, `Your refund was sent\.`},
	},
	{
		asks:  "Publish the article about returns in Danish.",
		by:    "knowledge_editor",
		plain: []string{`publish_article_translation {"articleId":"52187b2f-aea4-4954-9cf4-061e99cd9922","languageId":"da"}`},
	},
	{
		asks:  "Erase Chloe Thomas, as she asked.",
		by:    "privacy_officer privacy-officer.yaml",
		task:  []string{`erase_customer {"customer":"56505020-94bb-4236-a595-16b65aa17746","close":true}`},
		plain: []string{`close_conversation {"conversationId":2999}`, `anonymize_end_user {"userId":"56505020-94bb-4236-a595-16b65aa17746"}`},
		only:  []string{`conversations 2999, [\d, ]+: erasure requested, not processed yet · customer: erased, as Dixa confirms ·`},
	},
	{
		asks:  "Make a tag for bank transfers.",
		plain: []string{`create_tag {"name":"bank-transfer"}`},
		after: []string{`list_tags {}`, `(?m)^bank-transfer`},
	},
	{
		asks: "Luis Ortega moves from Billing to Returns and Complaints.",
		task: []string{`manage_members {"queues":["Returns","Complaints"],"add":["Luis Ortega"]}`, `manage_members {"queues":["Billing"],"remove":["Luis Ortega"]}`},
		by:   "team_lead",
		plain: []string{`list_queue_members {"queueId":"Billing"}`, `list_queue_members {"queueId":"Returns"}`, `list_queue_members {"queueId":"Complaints"}`, `add_queue_members {"queueId":"Returns","agentIds":["Luis Ortega"]}`,
			`add_queue_members {"queueId":"Complaints","agentIds":["Luis Ortega"]}`, `remove_queue_members {"queueId":"Billing","agentIds":["Luis Ortega"]}`},
		only:  []string{`queue Billing: Luis Ortega in → out`, `queue Complaints: Luis Ortega out → in`},
		after: []string{`list_queue_members {"queueId":"Complaints"}`, `Luis Ortega`},
	},
	{
		asks:  "Add Paul Meier to the team Sales.",
		task:  []string{`manage_members {"teams":["Sales"],"add":["Paul Meier"]}`},
		plain: []string{`add_team_members {"teamId":"Sales","agentIds":["Paul Meier"]}`},
		only:  []string{`team Sales: Paul Meier out → in`},
		after: []string{`list_team_members {"teamId":"Sales"}`, `Paul Meier`},
	},
}

// waiting is the call that counts who waits in a queue.
func waiting(queue string) string {
	return `search_conversations {"queueId":["` + queue + `"],"status":["open"],"conditions":[{"field":"AgentId","operator":"IsEmpty"}],"pageLimit":50}`
}

// csat is the call for CSAT of some days, of a queue or of all.
func csat(from, to, queue string) string {
	filters := ""
	if queue != "" {
		filters = `,"filters":[{"attribute":"queue_id","values":["` + queue + `"]}]`
	}
	return `query_metric {"id":"csat","timezone":"Europe/Copenhagen","start":"` + from + `","end":"` + to + `","aggregations":["Percentage","Count"]` + filters + `}`
}

// csatOf are the calls for CSAT of several queues, last week and the week before.
func csatOf(queues ...string) (calls []string) {
	for _, q := range queues {
		calls = append(calls, csat("2026-02-23", "2026-03-01", q), csat("2026-02-16", "2026-02-22", q))
	}
	return calls
}
