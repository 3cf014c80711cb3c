package dixaclient

// TeamRef names the team that a request is about.
type TeamRef struct {
	TeamID UUID `json:"teamId" in:"path"`
}

// Team is a group of Dixa agents. The teams of one Dixa agent come without their names.
type Team struct {
	ID   UUID   `json:"id"`
	Name string `json:"name"`
}

// TeamMember is a Dixa agent in a team.
type TeamMember struct {
	ID          UUID   `json:"id"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	PhoneNumber string `json:"phoneNumber"`
}

// CreateTeamIn is a new team.
type CreateTeamIn struct {
	Name string `json:"name"`
}

// TeamMembersIn names Dixa agents to add to a team or to remove from it.
type TeamMembersIn struct {
	TeamRef
	AgentIDs []UUID `json:"agentIds" check:"min=1,max=100"`
}

// ListTeamPresenceIn names a team.
type ListTeamPresenceIn struct {
	TeamRef
	Page
}

// The operations on teams. Source: Dixa API v1, "Teams".
var (
	ListTeams         = op[NoArguments, []Team]("list_teams", "GET /v1/teams", Read, shared)
	CreateTeam        = op[CreateTeamIn, Team]("create_team", "POST /v1/teams", Write, lookWith("list_teams"))
	GetTeam           = op[TeamRef, Team]("get_team", "GET /v1/teams/{teamId}", Read, shared)
	DeleteTeam        = op[TeamRef, None]("delete_team", "DELETE /v1/teams/{teamId}", Erase, lookWith("list_teams"))
	ListTeamMembers   = op[TeamRef, []TeamMember]("list_team_members", "GET /v1/teams/{teamId}/agents", Read, shared)
	AddTeamMembers    = op[TeamMembersIn, None]("add_team_members", "PATCH /v1/teams/{teamId}/agents", Write, lookWith("list_team_members"))
	RemoveTeamMembers = op[TeamMembersIn, None]("remove_team_members", "DELETE /v1/teams/{teamId}/agents", Write, lookWith("list_team_members"))
	ListTeamPresence  = op[ListTeamPresenceIn, []Presence]("list_team_presence", "GET /v1/teams/{teamId}/presence", Read, shared, paged)
)
