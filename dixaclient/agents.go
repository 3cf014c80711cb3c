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
	Email string `json:"email,omitzero" in:"query" jsonschema_description:"email or phone, not both"`
	Phone string `json:"phone,omitzero" in:"query"`
	Page
}

// Body refuses what Dixa answers with 400: both filters. There is no body.
func (in ListAgentsIn) Body() (any, error) { return nil, oneFilter(in.Email, in.Phone) }

// CreateAgentIn is a new Dixa agent.
type CreateAgentIn struct {
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
	PersonDetails
}

// The operations on Dixa agents one by one. Source: Dixa API v1, "Agents".
var (
	ListAgents       = op[ListAgentsIn, []Agent]("list_agents", "GET /v1/agents", Read, paged)
	GetAgent         = op[AgentRef, Agent]("get_agent", "GET /v1/agents/{agentId}", Read)
	CreateAgent      = op[CreateAgentIn, Agent]("create_agent", "POST /v1/agents", Write, lookWith("list_agents"))
	GetAgentPresence = op[AgentRef, Presence]("get_agent_presence", "GET /v1/agents/{agentId}/presence", Read)
	ListPresence     = op[NoArguments, []Presence]("list_presence", "GET /v1/agents/presence", Read, bare)
)
