package dixaclient

// AgentReplacement is one Dixa agent in [ReplaceAgents].
type AgentReplacement struct {
	ID          Name   `json:"id"`
	DisplayName string `json:"displayName"`
	PersonDetails
}

// AgentPatch is one Dixa agent in [UpdateAgents]; what is nil stays.
type AgentPatch struct {
	ID          Name    `json:"id"`
	DisplayName *string `json:"displayName,omitzero"`
	PersonDetails
}

// CreateAgentsIn are new Dixa agents. The limit of 100 is ours; Dixa states none for bulk operations.
type CreateAgentsIn struct {
	Items []CreateAgentIn `json:"items" wire:"data" check:"min=1,max=100"`
}

// ReplaceAgentsIn are Dixa agents to replace.
type ReplaceAgentsIn struct {
	Items []AgentReplacement `json:"items" check:"min=1,max=100"`
}

// Body returns the bare list.
func (in ReplaceAgentsIn) Body() (any, error) { return in.Items, nil }

// UpdateAgentsIn are Dixa agents to change.
type UpdateAgentsIn struct {
	Items []AgentPatch `json:"items" check:"min=1,max=100"`
}

// Body returns the bare list.
func (in UpdateAgentsIn) Body() (any, error) { return in.Items, nil }

// EndUserReplacement is one end user in [ReplaceEndUsers].
type EndUserReplacement struct {
	ID          UUID   `json:"id"`
	DisplayName string `json:"displayName"`
	EndUserDetails
}

// EndUserPatch is one end user in [UpdateEndUsers]; what is nil stays.
type EndUserPatch struct {
	ID          UUID    `json:"id"`
	DisplayName *string `json:"displayName,omitzero"`
	EndUserDetails
}

// CreateEndUsersIn are new end users.
type CreateEndUsersIn struct {
	Items []CreateEndUserIn `json:"items" wire:"data" check:"min=1,max=100"`
}

// ReplaceEndUsersIn are end users to replace.
type ReplaceEndUsersIn struct {
	Items []EndUserReplacement `json:"items" wire:"data" check:"min=1,max=100"`
}

// UpdateEndUsersIn are end users to change.
type UpdateEndUsersIn struct {
	Items []EndUserPatch `json:"items" wire:"data" check:"min=1,max=100"`
}

// The operations on many people at once. Source: Dixa API v1, "Agents" and "End Users".
var (
	CreateAgents    = op[CreateAgentsIn, []BulkOutcome[Agent]]("create_agents", "POST /v1/agents/bulk", Write, lookWith("list_agents"))
	ReplaceAgents   = op[ReplaceAgentsIn, []BulkOutcome[Agent]]("replace_agents", "PUT /v1/agents", Write, lookWith("list_agents"))
	UpdateAgents    = op[UpdateAgentsIn, []BulkOutcome[Agent]]("update_agents", "PATCH /v1/agents", Write, lookWith("list_agents"))
	CreateEndUsers  = op[CreateEndUsersIn, []BulkOutcome[EndUser]]("create_end_users", "POST /v1/endusers/bulk", Write, lookWith("list_end_users"))
	ReplaceEndUsers = op[ReplaceEndUsersIn, []BulkOutcome[EndUser]]("replace_end_users", "PUT /v1/endusers", Write, lookWith("get_end_user"))
	UpdateEndUsers  = op[UpdateEndUsersIn, []BulkOutcome[EndUser]]("update_end_users", "PATCH /v1/endusers", Write, lookWith("get_end_user"))
)
