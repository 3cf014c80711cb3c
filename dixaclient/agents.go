package dixaclient

// AgentRef names the Dixa agent that a request is about.
type AgentRef struct {
	AgentID UUID `json:"agentId" in:"path"`
}

// Agent is a Dixa agent or administrator.
type Agent struct {
	ID        UUID `json:"id"`
	CreatedAt Time `json:"createdAt"`
	Person
	Roles []string `json:"roles"`
}

// Presence is whether a Dixa agent is there: Working or Away, Online or Offline, and on which channels.
type Presence struct {
	UserID           UUID     `json:"userId"`
	RequestTime      Time     `json:"requestTime"`
	LastSeen         Time     `json:"lastSeen"`
	PresenceStatus   string   `json:"presenceStatus"`
	ConnectionStatus string   `json:"connectionStatus"`
	ActiveChannels   []string `json:"activeChannels"`
}

// ListAgentsIn finds Dixa agents by one of the two filters, or lists all.
type ListAgentsIn struct {
	Email string `json:"email,omitzero" in:"query" contact:"email"`
	Phone string `json:"phone,omitzero" in:"query" contact:"phone"`
	Page
}

// Body refuses what Dixa answers with 400: both filters. There is no body.
func (in ListAgentsIn) Body() (any, error) { return nil, oneFilter(in.Email, in.Phone) }

// CreateAgentIn is a new Dixa agent.
type CreateAgentIn struct {
	DisplayName string `json:"displayName"`
	Email       string `json:"email" contact:"email"`
	PersonDetails
}

// ReplaceAgentIn replaces all that is known about a Dixa agent but the email address.
type ReplaceAgentIn struct {
	AgentRef
	DisplayName string `json:"displayName"`
	PersonDetails
}

// UpdateAgentIn changes what is given and leaves the rest.
type UpdateAgentIn struct {
	AgentRef
	DisplayName *string `json:"displayName,omitzero"`
	PersonDetails
}

// WorkingChannel is a group of channels that a Dixa agent takes work on.
type WorkingChannel string

// Values returns the four groups.
func (WorkingChannel) Values() []string {
	return []string{"Email", "InteractiveChat", "Messaging", "Speak"}
}

// SetWorkingChannelIn switches one of a Dixa agent's channels on or off.
type SetWorkingChannelIn struct {
	AgentRef
	Channel WorkingChannel `json:"channel"`
	Working bool           `json:"working"`
}

// The operations on Dixa agents one by one. Source: Dixa API v1, "Agents".
var (
	ListAgents        = op[ListAgentsIn, []Agent]("list_agents", "GET /v1/agents", Read, shared, paged)
	GetAgent          = op[AgentRef, Agent]("get_agent", "GET /v1/agents/{agentId}", Read, shared)
	CreateAgent       = op[CreateAgentIn, Agent]("create_agent", "POST /v1/agents", Write, lookWith("list_agents"))
	ReplaceAgent      = op[ReplaceAgentIn, Agent]("replace_agent", "PUT /v1/agents/{agentId}", Write, lookWith("get_agent"))
	UpdateAgent       = op[UpdateAgentIn, Agent]("update_agent", "PATCH /v1/agents/{agentId}", Write, lookWith("get_agent"))
	DeleteAgent       = op[AgentRef, None]("delete_agent", "DELETE /v1/agents/{agentId}", Erase, lookWith("get_agent"))
	ListAgentTeams    = op[AgentRef, []Team]("list_agent_teams", "GET /v1/agents/{agentId}/teams", Read, shared)
	SetWorkingChannel = op[SetWorkingChannelIn, None]("set_working_channel", "PUT /v1/agents/{agentId}/presence/working-channel", Write, lookWith("get_agent_presence"))
	GetAgentPresence  = op[AgentRef, Presence]("get_agent_presence", "GET /v1/agents/{agentId}/presence", Read, shared)
	ListPresence      = op[NoArguments, []Presence]("list_presence", "GET /v1/agents/presence", Read, shared, bare)
)
