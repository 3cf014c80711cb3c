package people

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var userRoutes = []call.Route{
	{Pattern: "GET /v1/endusers", Status: 200, Query: "email phone externalId " + request.Paging, Handle: listUsers},
	{Pattern: "POST /v1/endusers", Status: 201, Handle: createUser},
	{Pattern: "GET /v1/endusers/{userId}", Status: 200, Handle: getUser},
	{Pattern: "PATCH /v1/endusers/{userId}", Status: 200, Handle: patchUser},
}

// personIn are the fields that all writes to people take.
type personIn struct {
	PhoneNumber            *string   `wire:"phoneNumber,phone"`
	AdditionalEmails       *[]string `wire:"additionalEmails,email"`
	AdditionalPhoneNumbers *[]string `wire:"additionalPhoneNumbers,phone"`
	FirstName              *string   `wire:"firstName"`
	LastName               *string   `wire:"lastName"`
	MiddleNames            *[]string `wire:"middleNames"`
	AvatarURL              *string   `wire:"avatarUrl"`
}

// contactIn are those that only end users have.
type contactIn struct {
	Email      *string `wire:"email,email"`
	ExternalID *string `wire:"externalId"`
	personIn
}

type userIn struct { // to create and to patch
	DisplayName *string `wire:"displayName"`
	contactIn
}

// apply sets what is given.
func (in personIn) apply(p *desk.Person) {
	call.Set(&p.PhoneNumber, in.PhoneNumber)
	call.Set(&p.AdditionalEmails, in.AdditionalEmails)
	call.Set(&p.AdditionalPhoneNumbers, in.AdditionalPhoneNumbers)
	call.Set(&p.FirstName, in.FirstName)
	call.Set(&p.LastName, in.LastName)
	call.Set(&p.MiddleNames, in.MiddleNames)
	call.Set(&p.AvatarURL, in.AvatarURL)
}

func (in userIn) apply(p *desk.Person) {
	call.Set(&p.DisplayName, in.DisplayName)
	call.Set(&p.Email, in.Email)
	call.Set(&p.ExternalID, in.ExternalID)
	in.personIn.apply(p)
}

func listUsers(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	email, phone, external := c.Query.Get("email"), c.Query.Get("phone"), c.Query.Get("externalId")
	if given(email, phone, external) > 1 {
		return nil, wire.Invalid("Invalid filters: Cannot provide more than one filter")
	}
	found := []*desk.Person{}
	for _, u := range c.Users.List {
		if given(email, phone, external) == 0 || u.Reaches(email, phone) || (external != "" && u.ExternalID == external) {
			found = append(found, u)
		}
	}
	return request.Paged(c.Request, p, found), nil
}

// given counts the filters that are there.
func given(filters ...string) int {
	n := 0
	for _, f := range filters {
		if f != "" {
			n++
		}
	}
	return n
}

func createUser(c *call.Call) (any, error) {
	in, err := call.Decode[userIn](c)
	if err != nil {
		return nil, err
	}
	u, problem := newUser(c, in)
	if problem != "" {
		return nil, wire.Invalid("Validation failure during enduser creation").Because("%s", problem)
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

// newUser creates an end user, or says what is in the way.
func newUser(c *call.Call, in userIn) (*desk.Person, string) {
	u := &desk.Person{ID: c.NewID(), CreatedAt: wire.PlainTime(c.Now), AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{},
		MiddleNames: []string{}, Attributes: map[string]any{}}
	in.apply(u)
	if problem := c.Clash(u, c.Users.List); problem != "" {
		return nil, problem
	}
	c.Users.Add(u.ID, u)
	c.Did(u.ID, "end user created")
	return u, ""
}

func getUser(c *call.Call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

func patchUser(c *call.Call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[userIn](c)
	if err != nil {
		return nil, err
	}
	return changeUser(c, u, in.apply)
}

// changeUser changes one end user, unless the change takes an address, a number or an external id of another.
func changeUser(c *call.Call, u *desk.Person, apply func(*desk.Person)) (any, error) {
	if problem := tryUser(c, u, apply); problem != "" {
		return nil, wire.Invalid("Validation failure during update").Because("%s", problem)
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

func tryUser(c *call.Call, u *desk.Person, apply func(*desk.Person)) string {
	changed := *u
	apply(&changed)
	if problem := c.Clash(&changed, c.Users.List); problem != "" {
		return problem
	}
	for _, cv := range c.ByRequester[u.ID] {
		c.Detach(cv) // what was written before keeps the old name and address
	}
	*u = changed
	c.Did(u.ID, "end user changed")
	return ""
}

// userInfo returns a person with custom attributes, which only the reading of one end user has.
func userInfo(w *desk.World, u *desk.Person) desk.Person {
	p := *u
	p.CustomAttributes = w.Values(u.Attributes)
	return p
}
