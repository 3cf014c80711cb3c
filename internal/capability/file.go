package capability

import "dixa-mcp/dixaclient"

// file is the capability file: a struct for each mapping in it, a field for each key. The comments of the fields become
// the reference of the keys in docs/capabilities.md: the first paragraph goes into the table, the others below it.
type file struct {
	// Version is the version of the file format, always 1.
	Version version `yaml:"version,required"`

	// Tools is the release of dixa-mcp, such as "1.0", whose operations the levels under `access` cover. Without it, levels
	// cover all operations.
	//
	// Operations that a later release added must be named under `allow`, so that an upgrade gives no agent anything new.
	Tools release `yaml:"tools"`

	// Timezone is the time zone, such as Europe/Copenhagen (an IANA name), for dates and times without a zone.
	//
	// Without it, the zone is that of the schedule of business hours, if there is exactly one and the agent may use
	// `list_schedules` and `get_schedule`. Otherwise it is UTC.
	Timezone zone `yaml:"timezone"`

	// Names are names for ids, so that the rest of the file is readable. Agents see them too. A name has 1 to 80 characters.
	Names names `yaml:"names"`

	// Stdio lists the agents that `serve --agent` may serve over stdin and stdout. The first is the default.
	Stdio list[word] `yaml:"stdio"`

	// OIDC is the OpenID provider whose tokens authenticate agents over HTTP, in addition to keys. An agent's `oidc_claim`
	// says which tokens are for it.
	OIDC section[oidc] `yaml:"oidc"`

	// People says which agents a person who signs in at the OpenID provider may use, rule by rule. Nobody may use an agent that
	// no rule gives.
	//
	// Each rule applies to the people who match every key in it. Their agents are those of all rules that apply, in the order of
	// the file. The address `…/mcp/AGENT` chooses one of them, and `…/mcp` is the first. A token whose `agent_claim` names an
	// agent is that of a program and not of a person.
	People section[list[personal]] `yaml:"people"`

	// Approvers are the people who may approve calls, each with a key of their own.
	//
	// A name is a letter, then up to 39 letters, digits, ".", "_" and "-", all lower case. It cannot be the name of an
	// agent, since an agent cannot approve.
	Approvers dict[approver] `yaml:"approvers"`

	// Auditors are the people who may see the console, each with a key of their own. They see no correspondence, and change
	// nothing.
	//
	// A name is like that of an approver. A person who is both has two keys.
	Auditors dict[auditor] `yaml:"auditors"`

	// Records say how long records of calls are kept. Without it, they are never removed.
	Records records `yaml:"records"`

	// Archive says how long the local copy of conversations and messages keeps them. Without it, 90 days.
	Archive archived `yaml:"archive"`

	// Agents are the AI agents by name. A name is a letter, then up to 39 letters, digits, "_" and "-", all lower case.
	Agents dict[agent] `yaml:"agents,required"`
}

// oidc is an OpenID provider, and what its tokens must contain.
type oidc struct {
	// Issuer is the provider's URL, such as https://login.example.com, exactly as in the tokens' `iss`. It must use https,
	// or http on this machine.
	//
	// The provider's keys are found by discovery, at `.well-known/openid-configuration` below this URL.
	Issuer word `yaml:"issuer,required"`

	// Audience is the value that a token's `aud` must contain, alone or among others. Tokens for other programs are
	// rejected.
	Audience word `yaml:"audience,required"`

	// AgentClaim is the claim, at the top level of a token, that names the agent; by default `dixa_mcp_agent`. Its value is
	// a string, or a list of strings of which exactly one names an agent.
	AgentClaim word `yaml:"agent_claim"`
}

// personal is a rule that gives agents to people. Each key but `agents` is a list, of which one value must match.
type personal struct {
	// Groups lists values of the claim `groups`. Upper and lower case differ.
	//
	// A claim `groups` or `roles` that is text holds several values, separated by spaces.
	Groups section[list[word]] `yaml:"groups"`

	// Roles lists values of the claim `roles`. Upper and lower case differ.
	Roles section[list[word]] `yaml:"roles"`

	// EmailDomain lists what may be after the "@" of a verified e-mail address, such as example.com. Upper and lower case are
	// the same.
	//
	// A subdomain is another domain. An address is verified if `email_verified` is true; without that, no rule about addresses
	// applies.
	EmailDomain section[list[word]] `yaml:"email_domain"`

	// Email lists verified e-mail addresses. Upper and lower case are the same.
	Email section[list[word]] `yaml:"email"`

	// Claims lists values of any other claims, by the name of the claim. Upper and lower case differ.
	//
	// The claim is text, true or false, or a list of these. A name with dots, such as `realm_access.roles`, also finds a claim
	// inside another. The claims `scope` and `scp` hold several values, separated by spaces; any other text is one value.
	Claims section[dict[list[word]]] `yaml:"claims"`

	// Agents lists the agents that these people may use. The first is the default.
	Agents section[list[word]] `yaml:"agents,required"`
}

// approver is a person who approves or denies calls.
type approver struct {
	// KeySHA256 is the SHA-256 of the person's key, as 64 hex digits. `dixa-mcp key new --approver` makes both.
	KeySHA256 word `yaml:"key_sha256,required"`

	// Email is the person's e-mail address, with which they sign in to the console if it has the company's login. Nobody can decide about what an agent asked for on their
	// own behalf.
	Email word `yaml:"email"`

	// May lists the levels of calls that the person may approve or deny: write, send, erase. No level includes another.
	May section[list[waiting]] `yaml:"may,required"`
}

// records are what is kept of calls.
type records struct {
	// Keep is for how many days records are kept, such as 400d, from 1d to 3650d.
	//
	// A server removes files of which all records are older, when it starts and each day, and records that. `dixa-mcp audit prune`
	// does it at once. What remains can be verified as before.
	Keep days `yaml:"keep,required"`
}

// archived is what is kept of conversations and messages, where `dixa-mcp archive sync` makes a copy of them.
type archived struct {
	// Keep is for how many days, such as 90d, from 1d to 3650d. Messages that are older, and conversations without an update since,
	// are removed.
	//
	// Each `dixa-mcp archive sync` does that first. `dixa-mcp archive purge` does it at once.
	Keep days `yaml:"keep,required"`
}

// auditor is a person who may see the console and change nothing.
type auditor struct {
	// KeySHA256 is the SHA-256 of the person's key, as 64 hex digits. `dixa-mcp key new --auditor` makes both.
	KeySHA256 word `yaml:"key_sha256,required"`
}

// agentKey is one key of an agent.
type agentKey struct {
	// ID is the name of the key in records: a letter, then up to 39 letters, digits, ".", "_" and "-", all lower case.
	//
	// It must be unique in the file. It cannot be `oidc`, which means a token in records.
	ID word `yaml:"id,required"`

	// SHA256 is the SHA-256 of the key, as 64 hex digits.
	SHA256 word `yaml:"sha256,required"`

	// Expires is the day, such as 2027-02-01, at whose beginning (UTC) the key expires. Without it, the key never expires.
	Expires day `yaml:"expires"`
}

// names are names for ids, by kind.
type names struct {
	// Queue gives names for queues.
	Queue dict[id[dixaclient.UUID]] `yaml:"queue"`

	// Tag gives names for tags.
	Tag dict[id[dixaclient.UUID]] `yaml:"tag"`

	// DixaAgent gives names for Dixa agents (people and bots in Dixa), for `acts_as`.
	DixaAgent dict[id[dixaclient.ActingAgent]] `yaml:"dixa_agent"`

	// Team gives names for teams.
	Team dict[id[dixaclient.UUID]] `yaml:"team"`

	// ContactEndpoint gives names for contact endpoints, which are e-mail addresses and telephone numbers.
	ContactEndpoint dict[id[dixaclient.Name]] `yaml:"contact_endpoint"`
}

// agent is what one AI agent may do. What nothing here grants is refused.
type agent struct {
	// About says in a sentence what the agent is for.
	About word `yaml:"about"`

	// Answers says how answers are written: `text` (the default), `ids` or `json`.
	//
	// Text is written for models: one item a line, with names in place of ids. With `ids`, the ids are shown beside the names.
	// Programs read `json`.
	Answers Answers `yaml:"answers"`

	// Surface says which of its tools the agent sees: `operations` (the default), `tasks` or `discover`. It cannot call what it
	// does not see.
	//
	// With `tasks`, the agent sees tools that are made of several operations, and the operations that none of these covers. A tool
	// covers the operations that it needs or can use. They stay granted, since the tool carries them out, and cannot be called by
	// their own names. `also` lists those that can.
	//
	// With `discover`, the agent sees two tools: `find_tools` finds those that it is granted, and `call_tool` calls one of them. It
	// finds every tool that is granted, whether it is one operation or made of several.
	Surface section[Surface] `yaml:"surface"`

	// Also lists operations that the agent sees with `surface: tasks` although a tool covers them. It grants nothing.
	Also list[operation] `yaml:"also"`

	// ActsAs is the Dixa agent in whose name the agent acts: a name under `names.dixa_agent`, an id, or `caller`.
	//
	// `caller` is the Dixa agent whose e-mail address is the verified address of the person who signed in. Without a person, with
	// a key or over stdin and stdout, every call is refused.
	//
	// It fills in every argument that says who acts, and the model cannot choose another. Without it, the model chooses in
	// each call, and operations that send in a Dixa agent's name are refused unless `arguments` names that argument.
	ActsAs word `yaml:"acts_as"`

	// Access grants all operations of a group up to a level: read, write, send or erase.
	//
	// A `write` is visible to colleagues and can be reversed. A `send` leaves the organization. An `erase` cannot be undone.
	// The group "*" stands for all groups without an entry of their own. No level covers the operations that must be named
	// under `allow`: exports, webhooks, imports, `record_message` and operations that Dixa calls deprecated.
	Access dict[level] `yaml:"access"`

	// Allow grants single operations by name.
	//
	// A tool that is made of several operations can be named too. It is granted only together with every operation that it
	// needs, and then it need not be named.
	Allow list[operation] `yaml:"allow"`

	// Deny refuses single tools by name. It overrides every grant.
	Deny list[operation] `yaml:"deny"`

	// Only limits the agent to some conversations: those that match every key that is given. Operations that reach the
	// whole organization are then refused, even if `allow` names them.
	Only section[only] `yaml:"only"`

	// Arguments lists the values that the agent may give to an argument, written `operation.argument`.
	//
	// An empty list removes the argument. A single value is filled in, and the model is not asked. From several values, the
	// model chooses. ["*"] allows any value. Ids may be given by name.
	//
	// Some arguments reach further than the level of their operation. They do not exist for the agent until each is named
	// here: `cc`, `bcc`, `attachments` and `integrationEmail` of a message, `force`, the `url` of a webhook, the `agentId` in
	// whose name something is sent (or set `acts_as`), and the `direction` `Inbound` of a new conversation.
	Arguments section[arguments] `yaml:"arguments"`

	// Confirm lists the calls that need a person, by level (`write`, `send`, `erase`) or by operation: `client` for a
	// confirmation, `approver` for an approval.
	//
	// With `client`, the MCP client asks its user. dixa-mcp cannot check that the client really asks: one that accepts by
	// itself confirms everything. With `approver`, the call is parked until a person under `approvers` has decided.
	//
	// In place of `approver`, an entry can be a mapping: `approvers` lists those who may decide, `to` lists those who may decide once the
	// call has waited for the time under `after` (30m, 2h, 3d), and `expires` is how long it waits (by default 1d, at most 7d).
	//
	// An entry for a level also applies to the levels above it that have no entry of their own. The entry of an operation
	// overrides that of its level.
	Confirm section[confirms] `yaml:"confirm"`

	// OnApproval says who carries an approved call out: the `agent` (the default), or with `send` also the approver.
	//
	// With `agent`, approving sends nothing: the agent's next identical call is carried out. With `send`, an approver can also have
	// the call carried out at once, as the agent and for the person who asked, and the agent's drafts wait for an approver, too.
	OnApproval section[OnApproval] `yaml:"on_approval"`

	// Budget limits how much the agent may do in a period.
	Budget section[budget] `yaml:"budget"`

	// Keys authenticate the agent over HTTP, each until it expires. Over stdin and stdout, no key is needed.
	//
	// `dixa-mcp key new --agent` makes a key and the line for it. `dixa-mcp check` lists the keys that have expired or expire
	// soon.
	Keys section[list[agentKey]] `yaml:"keys"`

	// OIDCClaim is the value of the `agent_claim` in tokens for this agent. It must be unique in the file.
	OIDCClaim word `yaml:"oidc_claim"`
}

// only limits an agent to some conversations. Each key is a list, of which one value must match.
type only struct {
	// Queue lists queues, by the names under `names.queue` or ids.
	Queue section[list[word]] `yaml:"queue"`

	// Channel lists channels, as Dixa's search names them.
	//
	// The channels are email, chat, phone, contactform, sms, whatsapp, facebookmessenger, dixamessenger, callback, voicemail,
	// adachat, kindlychat, digitalgeniuschat, genericapimessaging, trustpilot and yotpo.
	Channel section[list[word]] `yaml:"channel"`

	// Tag lists tags, by the names under `names.tag` or ids. A conversation must have one of them.
	Tag section[list[word]] `yaml:"tag"`

	// Assignee lists the Dixa agents to whom a conversation is assigned, by the names under `names.dixa_agent` or ids. "me"
	// is the one that `acts_as` names.
	Assignee section[list[word]] `yaml:"assignee"`

	// Direction lists how a conversation began: inbound, outbound, internal.
	Direction section[list[word]] `yaml:"direction"`
}

// budget limits how much an agent may do in a period. Without a key, only Dixa's own limits apply.
type budget struct {
	// Per says whose use is counted: that of the `agent` (the default), or of each `person` who signed in.
	//
	// With `person`, everybody has the whole budget. Calls without a person share one.
	Per word `yaml:"per"`

	// RequestsPerSecond is the maximum number of requests to Dixa in a second: up to 10, or a fraction such as 0.5.
	RequestsPerSecond section[rate] `yaml:"requests_per_second"`

	// RequestsPerDay is the maximum number of requests to Dixa in a day: up to 864000.
	RequestsPerDay section[count] `yaml:"requests_per_day"`

	// WritesPerHour is the maximum number of operations that change something, including those that send or erase, in an hour.
	WritesPerHour section[count] `yaml:"writes_per_hour"`

	// WritesPerDay is the maximum number of operations that change something, including those that send or erase, in a day.
	WritesPerDay section[count] `yaml:"writes_per_day"`

	// SendsPerHour is the maximum number of operations that leave the organization, in an hour.
	SendsPerHour section[count] `yaml:"sends_per_hour"`

	// SendsPerDay is the maximum number of operations that leave the organization, in a day.
	SendsPerDay section[count] `yaml:"sends_per_day"`

	// ErasesPerHour is the maximum number of operations that cannot be undone, in an hour.
	ErasesPerHour section[count] `yaml:"erases_per_hour"`

	// ErasesPerDay is the maximum number of operations that cannot be undone, in a day.
	ErasesPerDay section[count] `yaml:"erases_per_day"`

	// RowsPerHour is the maximum number of conversations, customers, events and messages of the archive that answers show in an
	// hour. Without it, answers show at most 1000 from the archive and the inbox of events.
	//
	// If it is set, what Dixa answers counts too: each conversation, customer, entry of the activity log or record of analytics in
	// a list, and each call that reads one conversation or customer, once, however many messages it shows. A customer whom
	// `find_customer` finds counts once, with all conversations. Figures, writes, and what all conversations have in common, such
	// as queues and tags, do not count.
	RowsPerHour section[count] `yaml:"rows_per_hour"`
}
