package people

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var agentRoutes = []call.Route{
	{Pattern: "GET /v1/agents", Status: 200, Query: "email phone " + request.Paging, Handle: listAgents},
	{Pattern: "POST /v1/agents", Status: 201, Handle: createAgent},
	{Pattern: "GET /v1/agents/{agentId}", Status: 200, Handle: getAgent},
}

type createAgentIn struct {
	DisplayName string `wire:"displayName,required"`
	Email       string `wire:"email,required,email"`
	personIn
}

func listAgents(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	email, phone := c.Query.Get("email"), c.Query.Get("phone")
	if given(email, phone) > 1 {
		return nil, wire.Invalid("Invalid filters: Cannot provide more than one filter")
	}
	found := []*desk.Person{}
	for _, a := range c.Agents.List {
		if given(email, phone) == 0 || a.Reaches(email, phone) {
			found = append(found, a)
		}
	}
	return request.Paged(c.Request, p, found), nil
}

func createAgent(c *call.Call) (any, error) {
	in, err := call.Decode[createAgentIn](c)
	if err != nil {
		return nil, err
	}
	a, problem := newAgent(c, in)
	if problem != "" {
		return nil, wire.Invalid("Validation failure during agent creation").Because("%s", problem)
	}
	return wire.Data{Data: a}, nil
}

// newAgent creates a Dixa agent, or says what is in the way.
func newAgent(c *call.Call, in createAgentIn) (*desk.Person, string) {
	a := &desk.Person{ID: c.NewID(), CreatedAt: wire.PlainTime(c.Now), DisplayName: in.DisplayName, Email: in.Email, AdditionalEmails: []string{},
		AdditionalPhoneNumbers: []string{}, MiddleNames: []string{}, Roles: []string{"Agent"}}
	in.personIn.apply(a)
	if problem := c.Clash(a, c.Agents.List); problem != "" {
		return nil, problem
	}
	c.Agents.Add(a.ID, a)
	c.Presence[a.ID] = &desk.Presence{Seen: c.Now}
	c.Did(a.ID, "agent created")
	return a, ""
}

func getAgent(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: a}, nil
}
