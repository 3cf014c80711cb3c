package offline

var agentRoutes = []route{
	{pattern: "GET /v1/agents", status: 200, query: "email phone " + paging, handle: listAgents},
	{pattern: "POST /v1/agents", status: 201, handle: createAgent},
	{pattern: "GET /v1/agents/presence", status: 200, handle: listPresence},
	{pattern: "GET /v1/agents/{agentId}", status: 200, handle: getAgent},
	{pattern: "GET /v1/agents/{agentId}/presence", status: 200, handle: getPresence},
}

type createAgentIn struct {
	DisplayName string `wire:"displayName,required"`
	Email       string `wire:"email,required,email"`
	personIn
}

func listAgents(c *call) (any, error) {
	p, err := c.page(0)
	if err != nil {
		return nil, err
	}
	email, phone := c.query.Get("email"), c.query.Get("phone")
	if given(email, phone) > 1 {
		return nil, invalid("Invalid filters: Cannot provide more than one filter")
	}
	found := []*person{}
	for _, a := range c.agents.list {
		if given(email, phone) == 0 || a.reaches(email, phone) {
			found = append(found, a)
		}
	}
	return paged(c, p, found), nil
}

func createAgent(c *call) (any, error) {
	in, err := decode[createAgentIn](c)
	if err != nil {
		return nil, err
	}
	a, problem := c.newAgent(in)
	if problem != "" {
		return nil, invalid("Validation failure during agent creation").because("%s", problem)
	}
	return data{Data: a}, nil
}

// newAgent creates a Dixa agent, or says what is in the way.
func (c *call) newAgent(in createAgentIn) (*person, string) {
	a := &person{ID: c.newID(), CreatedAt: plainTime(c.now), DisplayName: in.DisplayName, Email: in.Email, AdditionalEmails: []string{},
		AdditionalPhoneNumbers: []string{}, MiddleNames: []string{}, Roles: []string{"Agent"}}
	in.personIn.apply(a)
	if problem := c.clash(a, c.agents.list); problem != "" {
		return nil, problem
	}
	c.agents.add(a.ID, a)
	c.presence[a.ID] = &presence{seen: c.now}
	c.did(a.ID, "agent created")
	return a, ""
}

func getAgent(c *call) (any, error) {
	a, err := c.agents.get(c.id("agentId"))
	if err != nil {
		return nil, err
	}
	return data{Data: a}, nil
}
