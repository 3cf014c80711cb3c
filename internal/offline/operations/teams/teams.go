package teams

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var teamRoutes = []call.Route{
	{Pattern: "GET /v1/teams", Status: 200, Handle: listTeams},
	{Pattern: "GET /v1/agents/{agentId}/teams", Status: 200, Handle: listAgentTeams},
	{Pattern: "POST /v1/teams", Status: 201, Handle: createTeam},
	{Pattern: "GET /v1/teams/{teamId}", Status: 200, Handle: getTeam},
	{Pattern: "DELETE /v1/teams/{teamId}", Status: 204, Handle: deleteTeam},
	{Pattern: "GET /v1/teams/{teamId}/presence", Status: 200, Query: request.Paging, Handle: listTeamPresence},
	{Pattern: "DELETE /v1/teams/{teamId}/agents", Status: 204, Handle: removeTeamMembers},
	{Pattern: "GET /v1/teams/{teamId}/agents", Status: 200, Handle: listTeamMembers},
	{Pattern: "PATCH /v1/teams/{teamId}/agents", Status: 200, Handle: addTeamMembers},
}

func listTeams(c *call.Call) (any, error) { return wire.Data{Data: wire.List(c.Teams.List)}, nil }

func createTeam(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Name string `wire:"name,required"`
	}](c)
	if err != nil {
		return nil, err
	}
	t := &desk.Team{ID: c.NewID(), Name: in.Name}
	c.Teams.Add(t.ID, t)
	c.Did(t.ID, "team "+t.Name+" created")
	return wire.Data{Data: t}, nil
}

type teamMember struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitzero"`
	Email       string `json:"email,omitzero"`
	PhoneNumber string `json:"phoneNumber,omitzero"`
}

func listTeamMembers(c *call.Call) (any, error) {
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	members := []teamMember{}
	for _, id := range t.Members {
		a := c.Agents.ByID[id]
		members = append(members, teamMember{a.ID, a.DisplayName, a.Email, a.PhoneNumber})
	}
	return wire.Data{Data: members}, nil
}

// agentIDsIn is the body of operations on the members of a team or a queue.
type agentIDsIn struct {
	AgentIDs []string `wire:"agentIds,uuid"`
}

// addTeamMembers adds all or none: its answer has no body that could tell them apart.
func addTeamMembers(c *call.Call) (any, error) {
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[agentIDsIn](c)
	if err != nil {
		return nil, err
	}
	ids := call.Lowered(in.AgentIDs)
	for _, id := range ids {
		if !c.Agents.Has(id) {
			return nil, wire.ErrParam.Because("%s is not a Dixa agent", id)
		}
	}
	for _, id := range ids {
		if !slices.Contains(t.Members, id) {
			t.Members = append(t.Members, id)
			c.Did(t.ID, "member "+id+" added")
		}
	}
	return nil, nil
}

func getTeam(c *call.Call) (any, error) {
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: t}, nil
}

func deleteTeam(c *call.Call) (any, error) {
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	c.Teams.Remove(t.ID, func(o *desk.Team) bool { return o == t })
	c.Did(t.ID, "team "+t.Name+" deleted")
	return nil, nil
}

// removeTeamMembers takes its body with a DELETE. Who is no member stays none.
func removeTeamMembers(c *call.Call) (any, error) {
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[agentIDsIn](c)
	if err != nil {
		return nil, err
	}
	t.Members = removeMembers(c, t.ID, t.Members, in.AgentIDs)
	return nil, nil
}

// removeMembers takes ids out of the members of a team or a queue.
func removeMembers(c *call.Call, of string, members, ids []string) []string {
	for _, id := range call.Lowered(ids) {
		if slices.Contains(members, id) {
			members = slices.DeleteFunc(members, func(m string) bool { return m == id })
			c.Did(of, "member "+id+" removed")
		}
	}
	return members
}

func listTeamPresence(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	t, err := c.Teams.Get(c.ID("teamId"))
	if err != nil {
		return nil, err
	}
	all, days := []presenceWire{}, c.Lately(c.Now)
	for _, id := range t.Members {
		all = append(all, presenceOf(c.World, id, c.Now, days))
	}
	return request.Paged(c.Request, p, all), nil
}

func listAgentTeams(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	teams := []map[string]string{}
	for _, t := range c.Teams.List {
		if slices.Contains(t.Members, a.ID) {
			teams = append(teams, map[string]string{"id": t.ID})
		}
	}
	return wire.Data{Data: teams}, nil
}
