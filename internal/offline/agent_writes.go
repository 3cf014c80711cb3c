package offline

import (
	"slices"

	"dixa-mcp/internal/offline/wire"
)

var agentWriteRoutes = []route{
	{Pattern: "POST /v1/agents/bulk", Status: 201, Handle: createAgents},
	{Pattern: "PUT /v1/agents", Status: 200, Handle: replaceAgents},
	{Pattern: "PATCH /v1/agents", Status: 200, Handle: patchAgents},
	{Pattern: "PUT /v1/agents/{agentId}", Status: 200, Handle: replaceAgent},
	{Pattern: "PATCH /v1/agents/{agentId}", Status: 200, Handle: patchAgent},
	{Pattern: "DELETE /v1/agents/{agentId}", Status: 204, Handle: deleteAgent},
	{Pattern: "GET /v1/agents/{agentId}/teams", Status: 200, Handle: listAgentTeams},
	{Pattern: "PUT /v1/agents/{agentId}/presence/working-channel", Status: 204, Handle: setWorkingChannel},
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
func (in replaceAgentIn) apply(p *person) {
	in.clear(p)
	p.DisplayName = in.DisplayName
	in.personIn.apply(p)
}

func (in patchAgentIn) apply(p *person) {
	set(&p.DisplayName, in.DisplayName)
	in.personIn.apply(p)
}

// clear empties what a replacement may leave out.
func (personIn) clear(p *person) {
	p.PhoneNumber, p.FirstName, p.LastName, p.AvatarURL = "", "", "", ""
	p.AdditionalEmails, p.AdditionalPhoneNumbers, p.MiddleNames = []string{}, []string{}, []string{}
}

func createAgents(c *call) (any, error) {
	in, err := decode[struct {
		Data []createAgentIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		if a, problem := c.newAgent(one); problem != "" {
			id := c.newID()
			outcomes = append(outcomes, wire.Failed("Validation", id, "Create Agent [userId="+id+"] in [orgId="+c.org.id+"] failed with [errors="+problem+"]"))
		} else {
			outcomes = append(outcomes, wire.Succeeded(a))
		}
	}
	return wire.Data{Data: outcomes}, nil
}

func replaceAgents(c *call) (any, error) {
	in, err := decodeOptional[[]replaceAgentsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in {
		outcomes = append(outcomes, c.changeAgentOf(one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

func patchAgents(c *call) (any, error) {
	in, err := decodeOptional[[]patchAgentsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in {
		outcomes = append(outcomes, c.changeAgentOf(one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

// changeAgentOf changes one Dixa agent of a bulk request.
func (c *call) changeAgentOf(id string, apply func(*person)) wire.Outcome {
	a := c.agents.byID[lower(id)]
	if a == nil {
		return wire.Failed("NotFound", id, "Agent not found")
	}
	if problem := c.tryAgent(a, apply); problem != "" {
		return wire.Failed("Validation", id, "Updating Agent [id="+id+"] failed with [errors="+problem+"]")
	}
	return wire.Succeeded(a)
}

func (c *call) tryAgent(a *person, apply func(*person)) string {
	changed := *a
	apply(&changed)
	if problem := c.clash(&changed, c.agents.list); problem != "" {
		return problem
	}
	for _, cv := range c.conversations {
		if cv.agent == a.ID {
			c.detach(cv) // what was written before keeps the old name
		}
	}
	*a = changed
	c.did(a.ID, "agent changed")
	return ""
}

func replaceAgent(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[replaceAgentIn](c)
	if err != nil {
		return nil, err
	}
	return c.changeAgent(a, in.apply)
}

func patchAgent(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[patchAgentIn](c)
	if err != nil {
		return nil, err
	}
	return c.changeAgent(a, in.apply)
}

func (c *call) changeAgent(a *person, apply func(*person)) (any, error) {
	if problem := c.tryAgent(a, apply); problem != "" {
		return nil, wire.Invalid("Validation failure during update").Because("%s", problem)
	}
	return wire.Data{Data: a}, nil
}

// deleteAgent makes a Dixa agent an end user: it leaves teams and queues, and its id reads as that of an end user from then on.
func deleteAgent(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	if a.ID == c.owner() {
		return nil, wire.ErrParam.Because("the agent whose token is used cannot be deleted with it")
	}
	c.agents.remove(a.ID, func(o *person) bool { return o == a })
	gone := func(id string) bool { return id == a.ID }
	for _, t := range c.teams.list {
		t.members = slices.DeleteFunc(t.members, gone)
	}
	for _, q := range c.queues.list {
		q.members = slices.DeleteFunc(q.members, gone)
	}
	delete(c.presence, a.ID)
	u := *a
	u.Roles, u.attrs = nil, map[string]any{}
	c.users.add(u.ID, &u)
	c.did(a.ID, "agent made an end user")
	return nil, nil
}

func listAgentTeams(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	teams := []map[string]string{}
	for _, t := range c.teams.list {
		if slices.Contains(t.members, a.ID) {
			teams = append(teams, map[string]string{"id": t.ID})
		}
	}
	return wire.Data{Data: teams}, nil
}

func setWorkingChannel(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		Channel string `wire:"channel,required,Email|InteractiveChat|Messaging|Speak"`
		Working bool   `wire:"working,required"`
	}](c)
	if err != nil {
		return nil, err
	}
	p := c.presence[a.ID]
	if p.channels[in.Channel] == in.Working {
		return nil, nil
	}
	p.channels[in.Channel] = in.Working
	state := "off"
	if in.Working {
		state = "on"
	}
	c.did(a.ID, in.Channel+" switched "+state)
	return nil, nil
}
