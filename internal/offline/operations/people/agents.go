package people

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var agents = kind{
	name: "Agent", said: "agent", id: "agentId",
	all:   func(w *desk.World) *desk.Register[*desk.Person] { return &w.Agents },
	shown: func(_ *desk.World, a *desk.Person) any { return a },
	added: func(c *call.Call, a *desk.Person) { c.Presence[a.ID] = &desk.Presence{Seen: c.Now} },
	written: func(w *desk.World, id string) (all []*desk.Conversation) {
		for _, cv := range w.Conversations {
			if cv.Agent == id {
				all = append(all, cv)
			}
		}
		return all
	},
}

var agentRoutes = []call.Route{
	{Pattern: "GET /v1/agents", Status: 200, Query: "email phone " + request.Paging, Handle: agents.list},
	{Pattern: "POST /v1/agents", Status: 201, Handle: create[createAgentIn](agents)},
	{Pattern: "GET /v1/agents/{agentId}", Status: 200, Handle: agents.get},
	{Pattern: "POST /v1/agents/bulk", Status: 201, Handle: bulk(items, createOne[createAgentIn](agents))},
	{Pattern: "PUT /v1/agents", Status: 200, Handle: bulk(call.DecodeOptional, updateOne[replaceAgentsIn](agents))},
	{Pattern: "PATCH /v1/agents", Status: 200, Handle: bulk(call.DecodeOptional, updateOne[patchAgentsIn](agents))},
	{Pattern: "PUT /v1/agents/{agentId}", Status: 200, Handle: update[replaceAgentIn](agents)},
	{Pattern: "PATCH /v1/agents/{agentId}", Status: 200, Handle: update[patchAgentIn](agents)},
	{Pattern: "DELETE /v1/agents/{agentId}", Status: 204, Handle: deleteAgent},
}

// Dixa agents are changed by the same fields as they are created with, but their address.
type (
	createAgentIn struct {
		DisplayName string `wire:"displayName,required"`
		Email       string `wire:"email,required,email"`
		personIn
	}
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

func (in replaceAgentsIn) of() string { return in.ID }
func (in patchAgentsIn) of() string   { return in.ID }

func (in createAgentIn) apply(p *desk.Person) {
	p.DisplayName, p.Email, p.Roles = in.DisplayName, in.Email, []string{"Agent"}
	in.personIn.apply(p)
}

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
