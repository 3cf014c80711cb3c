package capability

import "dixa-mcp/dixaclient"

// file is the capability file: a struct for each mapping in it, a field for each key. The comments of the fields are
// the reference of the keys.
type file struct {
	// Version is the version of the file's form, always 1.
	Version version `yaml:"version,required"`

	// Tools is the release of dixa-mcp, such as "1.0", whose operations the levels under access cover. What was added later
	// must be named under allow, so that an upgrade gives no agent anything new. Without it levels cover all operations.
	Tools release `yaml:"tools"`

	// Timezone is the IANA name of the zone, such as Europe/Copenhagen, in which dates and times without a zone are read.
	// Without it that is the zone of the only schedule of business hours, where there is one and the agent may use
	// list_schedules and get_schedule, and otherwise UTC.
	Timezone zone `yaml:"timezone"`

	// Names give names to ids, so that the rest of the file reads; agents see them too. A name is 1 to 80 characters.
	Names names `yaml:"names"`

	// Stdio lists the agents that `serve --agent` may be over stdin and stdout; the first is the default.
	Stdio list[word] `yaml:"stdio"`

	// OIDC says whose tokens let agents in over HTTP, beside their keys. Which agent a token is for says its oidc_claim.
	OIDC section[oidc] `yaml:"oidc"`

	// Approvers are the people who may say yes to a call that waits for one, each with a key of their own. No name can
	// be an agent's too: who asks cannot approve. A name is a letter, then up to 39 letters, digits, ".", "_" and "-", all
	// lower case.
	Approvers dict[approver] `yaml:"approvers"`

	// Agents are the AI agents by name: a letter, then up to 39 letters, digits, "_" and "-", all lower case.
	Agents dict[agent] `yaml:"agents,required"`
}

// oidc is an issuer of tokens, an OpenID provider, and what its tokens must be for.
type oidc struct {
	// Issuer is its address, such as https://login.example.com, letter for letter as tokens have it under iss. It must
	// be https, or http on this machine. Its keys are found by discovery, at .well-known/openid-configuration below it.
	Issuer word `yaml:"issuer,required"`

	// Audience is what a token must have under aud, alone or among others: tokens for other programs count for nothing.
	Audience word `yaml:"audience,required"`

	// AgentClaim is the claim at the top of a token that names the agent, by default dixa_mcp_agent. It is a text, or a
	// list of texts of which one names an agent.
	AgentClaim word `yaml:"agent_claim"`
}

// approver is a person who decides about calls that wait for one.
type approver struct {
	// KeySHA256 is the SHA-256 of the person's key as 64 hex digits; `dixa-mcp key new --approver` makes both.
	KeySHA256 word `yaml:"key_sha256,required"`

	// May lists the levels of the calls that the person may decide, each by itself: write, send, erase.
	May section[list[waiting]] `yaml:"may,required"`
}

// agentKey is a key of an agent's.
type agentKey struct {
	// ID names the key in records. It is a letter, then up to 39 letters, digits, ".", "_" and "-", all lower case, and
	// no other key of the file has it. It cannot be oidc, which stands in records for tokens.
	ID word `yaml:"id,required"`

	// SHA256 is the SHA-256 of the key as 64 hex digits.
	SHA256 word `yaml:"sha256,required"`

	// Expires is the day, such as 2027-02-01, at whose beginning in UTC the key stops to count. Without it the key does
	// not expire.
	Expires day `yaml:"expires"`
}

// names are names for ids, kind by kind.
type names struct {
	// Queue gives names to queues.
	Queue dict[id[dixaclient.UUID]] `yaml:"queue"`

	// Tag gives names to tags.
	Tag dict[id[dixaclient.UUID]] `yaml:"tag"`

	// DixaAgent gives names to Dixa's own agents, people and bots, for acts_as.
	DixaAgent dict[id[dixaclient.ActingAgent]] `yaml:"dixa_agent"`

	// Team gives names to teams.
	Team dict[id[dixaclient.UUID]] `yaml:"team"`

	// ContactEndpoint gives names to contact endpoints, which are e-mail addresses and telephone numbers.
	ContactEndpoint dict[id[dixaclient.Name]] `yaml:"contact_endpoint"`
}

// agent is what one AI agent may do. What nothing here grants is refused.
type agent struct {
	// About says in a sentence what the agent is for.
	About word `yaml:"about"`

	// ActsAs is the Dixa agent in whose name the agent acts, a name under names.dixa_agent or an id. It fills every
	// argument that says who acts; the model cannot choose. Without it the model says it in each call, and nothing
	// can be sent that needs it unless arguments names it.
	ActsAs word `yaml:"acts_as"`

	// Access grants, group by group, every operation up to a level: read, write (colleagues see it and can put it
	// right), send (it leaves the organization), erase (it cannot be undone). The group "*" stands for all groups
	// that have no entry of their own. Operations that must be named are not covered by any level: exports, webhooks,
	// imports, record_message and what Dixa calls deprecated.
	Access dict[level] `yaml:"access"`

	// Allow grants operations by their names.
	Allow list[operation] `yaml:"allow"`

	// Deny refuses operations by their names. It beats everything that grants them.
	Deny list[operation] `yaml:"deny"`

	// Only bounds the agent to some conversations: a conversation must fit every key that stands there. Whatever
	// reaches the whole organization is then refused, also where allow names it.
	Only section[only] `yaml:"only"`

	// Arguments say which values the agent may give to an argument, written operation.argument, in each call. An empty
	// list takes the argument away; one value is filled in without asking; of several the model chooses; ["*"] is any
	// value. Values of ids may be names. Arguments that reach further than their operation's level do not exist for
	// the agent until they are named here, each by itself: cc, bcc, attachments and integrationEmail of a message,
	// force, the url of a webhook, the agentId of what is sent (or acts_as), and the direction Inbound of a new
	// conversation.
	Arguments section[arguments] `yaml:"arguments"`

	// Confirm says which calls wait for a person's yes, by level (write, send, erase) or by the name of an operation, and
	// whose it is. With client the program that the agent runs in asks its user: worth as much as that program, since
	// one that says yes by itself asks nobody. With approver the call is put aside until somebody under approvers has
	// decided. A level holds for those above it, too; an entry of their own beats it, and that of an operation beats
	// its level's.
	Confirm section[confirms] `yaml:"confirm"`

	// Budget bounds how much the agent may do in a time.
	Budget section[budget] `yaml:"budget"`

	// Keys let the agent in over HTTP, each until it expires; `check` says which have expired or soon will, and
	// `dixa-mcp key new --agent` makes a key and the line for it. Over stdin and stdout no key is asked for.
	Keys section[list[agentKey]] `yaml:"keys"`

	// OIDCClaim is what the claim that names the agent says in tokens for this agent. No other agent has the same.
	OIDCClaim word `yaml:"oidc_claim"`
}

// only bounds an agent to some conversations. Each key is a list of which one must fit.
type only struct {
	// Queue lists queues, by the names under names.queue or ids.
	Queue section[list[word]] `yaml:"queue"`

	// Channel lists channels in the words of Dixa's search: email, chat, phone, contactform, sms, whatsapp,
	// facebookmessenger, dixamessenger, callback, voicemail, adachat, kindlychat, digitalgeniuschat,
	// genericapimessaging, trustpilot, yotpo.
	Channel section[list[word]] `yaml:"channel"`

	// Tag lists tags, by the names under names.tag or ids; a conversation must have one of them.
	Tag section[list[word]] `yaml:"tag"`

	// Assignee lists Dixa agents to whom a conversation may be assigned, by the names under names.dixa_agent or ids;
	// "me" is the one that acts_as names.
	Assignee section[list[word]] `yaml:"assignee"`

	// Direction lists who began the conversation: inbound, outbound, internal.
	Direction section[list[word]] `yaml:"direction"`
}

// budget bounds how much an agent may do in a time. What a key does not say is bounded by Dixa's own limits alone.
type budget struct {
	// RequestsPerSecond is how many requests to Dixa in a second, at most 10, also a fraction such as 0.5.
	RequestsPerSecond section[rate] `yaml:"requests_per_second"`

	// RequestsPerDay is how many requests to Dixa in a day, at most 864000.
	RequestsPerDay section[count] `yaml:"requests_per_day"`

	// WritesPerHour is how many operations that change something in an hour, those that send or erase among them.
	WritesPerHour section[count] `yaml:"writes_per_hour"`

	// WritesPerDay is how many operations that change something in a day, those that send or erase among them.
	WritesPerDay section[count] `yaml:"writes_per_day"`

	// SendsPerHour is how many operations that leave the organization in an hour.
	SendsPerHour section[count] `yaml:"sends_per_hour"`

	// SendsPerDay is how many operations that leave the organization in a day.
	SendsPerDay section[count] `yaml:"sends_per_day"`

	// ErasesPerHour is how many operations that cannot be undone in an hour.
	ErasesPerHour section[count] `yaml:"erases_per_hour"`

	// ErasesPerDay is how many operations that cannot be undone in a day.
	ErasesPerDay section[count] `yaml:"erases_per_day"`
}
