package people

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var agentWriteRoutes = []call.Route{
	{Pattern: "POST /v1/agents/bulk", Status: 201, Handle: createAgents},
	{Pattern: "PUT /v1/agents", Status: 200, Handle: replaceAgents},
	{Pattern: "PATCH /v1/agents", Status: 200, Handle: patchAgents},
	{Pattern: "PUT /v1/agents/{agentId}", Status: 200, Handle: replaceAgent},
	{Pattern: "PATCH /v1/agents/{agentId}", Status: 200, Handle: patchAgent},
	{Pattern: "DELETE /v1/agents/{agentId}", Status: 204, Handle: deleteAgent},
}

// Dixa agents are changed by the same fields as they are created with, but their address.
type (
	replaceAgentIn struct {
		DisplayName string `wire:"displayName,required"`
		personIn
	}
	patchAgentIn struct {
		DisplayName *string `wire:"displayName"`
		personIn
	}
	// In bulk, ids are not said to be uuids.
	replaceAgentsIn struct {
		ID string `wire:"id,required"`
		replaceAgentIn
	}
	patchAgentsIn struct {
		ID string `wire:"id,required"`
		patchAgentIn
	}
)

// apply sets what is given and clears what is not: the whole is replaced.
func (in replaceAgentIn) apply(p *desk.Person) {
	in.clear(p)
	p.DisplayName = in.DisplayName
	in.personIn.apply(p)
}

func (in patchAgentIn) apply(p *desk.Person) {
	call.Set(&p.DisplayName, in.DisplayName)
	in.personIn.apply(p)
}

// clear empties what a replacement may leave out.
func (personIn) clear(p *desk.Person) {
	p.PhoneNumber, p.FirstName, p.LastName, p.AvatarURL = "", "", "", ""
	p.AdditionalEmails, p.AdditionalPhoneNumbers, p.MiddleNames = []string{}, []string{}, []string{}
}

func createAgents(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Data []createAgentIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		if a, problem := newAgent(c, one); problem != "" {
			id := c.NewID()
			outcomes = append(outcomes, wire.Failed("Validation", id, "Create Agent [userId="+id+"] in [orgId="+c.Organization.ID+"] failed with [errors="+problem+"]"))
		} else {
			outcomes = append(outcomes, wire.Succeeded(a))
		}
	}
	return wire.Data{Data: outcomes}, nil
}

func replaceAgents(c *call.Call) (any, error) {
	in, err := call.DecodeOptional[[]replaceAgentsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in {
		outcomes = append(outcomes, changeAgentOf(c, one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

func patchAgents(c *call.Call) (any, error) {
	in, err := call.DecodeOptional[[]patchAgentsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in {
		outcomes = append(outcomes, changeAgentOf(c, one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

// changeAgentOf changes one Dixa agent of a bulk request.
func changeAgentOf(c *call.Call, id string, apply func(*desk.Person)) wire.Outcome {
	a := c.Agents.ByID[strings.ToLower(id)]
	if a == nil {
		return wire.Failed("NotFound", id, "Agent not found")
	}
	if problem := tryAgent(c, a, apply); problem != "" {
		return wire.Failed("Validation", id, "Updating Agent [id="+id+"] failed with [errors="+problem+"]")
	}
	return wire.Succeeded(a)
}

func tryAgent(c *call.Call, a *desk.Person, apply func(*desk.Person)) string {
	changed := *a
	apply(&changed)
	if problem := c.Clash(&changed, c.Agents.List); problem != "" {
		return problem
	}
	for _, cv := range c.Conversations {
		if cv.Agent == a.ID {
			c.Detach(cv) // what was written before keeps the old name
		}
	}
	*a = changed
	c.Did(a.ID, "agent changed")
	return ""
}

func replaceAgent(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[replaceAgentIn](c)
	if err != nil {
		return nil, err
	}
	return changeAgent(c, a, in.apply)
}

func patchAgent(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[patchAgentIn](c)
	if err != nil {
		return nil, err
	}
	return changeAgent(c, a, in.apply)
}

func changeAgent(c *call.Call, a *desk.Person, apply func(*desk.Person)) (any, error) {
	if problem := tryAgent(c, a, apply); problem != "" {
		return nil, wire.Invalid("Validation failure during update").Because("%s", problem)
	}
	return wire.Data{Data: a}, nil
}

// deleteAgent makes a Dixa agent an end user: it leaves teams and queues, and its id reads as that of an end user from then on.
func deleteAgent(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	if a.ID == c.Owner() {
		return nil, wire.ErrParam.Because("the agent whose token is used cannot be deleted with it")
	}
	c.Agents.Remove(a.ID, func(o *desk.Person) bool { return o == a })
	gone := func(id string) bool { return id == a.ID }
	for _, t := range c.Teams.List {
		t.Members = slices.DeleteFunc(t.Members, gone)
	}
	for _, q := range c.Queues.List {
		q.Members = slices.DeleteFunc(q.Members, gone)
	}
	delete(c.Presence, a.ID)
	u := *a
	u.Roles, u.Attributes = nil, map[string]any{}
	c.Users.Add(u.ID, &u)
	c.Did(a.ID, "agent made an end user")
	return nil, nil
}
