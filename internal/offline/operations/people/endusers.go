package people

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
)

var users = kind{
	name: "EndUser", said: "end user", id: "userId", external: true, inOrg: true,
	all:     func(w *desk.World) *desk.Register[*desk.Person] { return &w.Users },
	shown:   userInfo,
	added:   func(_ *call.Call, u *desk.Person) { u.Attributes = map[string]any{} },
	written: func(w *desk.World, id string) []*desk.Conversation { return w.ByRequester[id] },
}

var userRoutes = []call.Route{
	{Pattern: "GET /v1/endusers", Status: 200, Query: "email phone externalId " + request.Paging, Handle: users.list},
	{Pattern: "POST /v1/endusers", Status: 201, Handle: create[userIn](users)},
	{Pattern: "GET /v1/endusers/{userId}", Status: 200, Handle: users.get},
	{Pattern: "PATCH /v1/endusers/{userId}", Status: 200, Handle: update[userIn](users)},
	{Pattern: "POST /v1/endusers/bulk", Status: 201, Handle: bulk(items, createOne[userIn](users))},
	{Pattern: "PUT /v1/endusers", Status: 200, Handle: bulk(items, updateOne[replaceUsersIn](users))},
	{Pattern: "PATCH /v1/endusers", Status: 200, Handle: bulk(items, updateOne[patchUsersIn](users))},
	{Pattern: "PUT /v1/endusers/{userId}", Status: 200, Handle: update[replaceUserIn](users)},
}

// contactIn are the fields that only end users have.
type contactIn struct {
	Email      *string `wire:"email,email"`
	ExternalID *string `wire:"externalId"`
	personIn
}

type (
	userIn struct { // to create and to patch
		DisplayName *string `wire:"displayName"`
		contactIn
	}
	replaceUserIn struct {
		DisplayName string `wire:"displayName,required"`
		contactIn
	}
	replaceUsersIn struct {
		ID string `wire:"id,required,uuid"`
		replaceUserIn
	}
	patchUsersIn struct {
		ID string `wire:"id,required,uuid"`
		userIn
	}
)

func (in replaceUsersIn) of() string { return in.ID }
func (in patchUsersIn) of() string   { return in.ID }

func (in userIn) apply(p *desk.Person) {
	call.Set(&p.DisplayName, in.DisplayName)
	call.Set(&p.Email, in.Email)
	call.Set(&p.ExternalID, in.ExternalID)
	in.personIn.apply(p)
}

// apply sets what is given and clears what is not: the whole is replaced.
func (in replaceUserIn) apply(p *desk.Person) {
	in.clear(p)
	p.Email, p.ExternalID = "", ""
	userIn{&in.DisplayName, in.contactIn}.apply(p)
}

// userInfo returns a person with custom attributes, which only the reading of one end user has.
func userInfo(w *desk.World, u *desk.Person) any {
	p := *u
	p.CustomAttributes = w.Values(u.Attributes)
	return p
}
