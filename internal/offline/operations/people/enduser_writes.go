package people

import (
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var userWriteRoutes = []call.Route{
	{Pattern: "POST /v1/endusers/bulk", Status: 201, Handle: createUsers},
	{Pattern: "PUT /v1/endusers", Status: 200, Handle: replaceUsers},
	{Pattern: "PATCH /v1/endusers", Status: 200, Handle: patchUsers},
	{Pattern: "PUT /v1/endusers/{userId}", Status: 200, Handle: replaceUser},
}

type (
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

// apply sets what is given and clears what is not: the whole is replaced.
func (in replaceUserIn) apply(p *desk.Person) {
	in.clear(p)
	p.Email, p.ExternalID = "", ""
	userIn{&in.DisplayName, in.contactIn}.apply(p)
}

func createUsers(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Data []userIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		if u, problem := newUser(c, one); problem != "" {
			id := c.NewID()
			outcomes = append(outcomes, wire.Failed("Validation", id, "Create EndUser [userId="+id+"] in [orgId="+c.Organization.ID+"] failed with [errors="+problem+"]"))
		} else {
			outcomes = append(outcomes, wire.Succeeded(userInfo(c.World, u)))
		}
	}
	return wire.Data{Data: outcomes}, nil
}

func replaceUsers(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Data []replaceUsersIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		outcomes = append(outcomes, changeUserOf(c, one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

func patchUsers(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Data []patchUsersIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		outcomes = append(outcomes, changeUserOf(c, one.ID, one.apply))
	}
	return wire.Data{Data: outcomes}, nil
}

// changeUserOf changes one end user of a bulk request.
func changeUserOf(c *call.Call, id string, apply func(*desk.Person)) wire.Outcome {
	u := c.Users.ByID[strings.ToLower(id)]
	if u == nil {
		return wire.Failed("NotFound", id, "EndUser not found")
	}
	if problem := tryUser(c, u, apply); problem != "" {
		return wire.Failed("Validation", id, "Updating EndUser [id="+id+"] in [org="+c.Organization.ID+"] failed with [errors="+problem+"]")
	}
	return wire.Succeeded(userInfo(c.World, u))
}

func replaceUser(c *call.Call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[replaceUserIn](c)
	if err != nil {
		return nil, err
	}
	return changeUser(c, u, in.apply)
}
