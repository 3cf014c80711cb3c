package operations

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var userRoutes = []route{
	{Pattern: "GET /v1/endusers", Status: 200, Query: "email phone externalId " + request.Paging, Handle: listUsers},
	{Pattern: "POST /v1/endusers", Status: 201, Handle: createUser},
	{Pattern: "GET /v1/endusers/{userId}", Status: 200, Handle: getUser},
	{Pattern: "PATCH /v1/endusers/{userId}", Status: 200, Handle: patchUser},
	{Pattern: "GET /v1/endusers/{userId}/conversations", Status: 200, Query: request.Paging, Handle: listUserConversations},
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
	set(&p.PhoneNumber, in.PhoneNumber)
	set(&p.AdditionalEmails, in.AdditionalEmails)
	set(&p.AdditionalPhoneNumbers, in.AdditionalPhoneNumbers)
	set(&p.FirstName, in.FirstName)
	set(&p.LastName, in.LastName)
	set(&p.MiddleNames, in.MiddleNames)
	set(&p.AvatarURL, in.AvatarURL)
}

func (in userIn) apply(p *desk.Person) {
	set(&p.DisplayName, in.DisplayName)
	set(&p.Email, in.Email)
	set(&p.ExternalID, in.ExternalID)
	in.personIn.apply(p)
}

func listUsers(c *call) (any, error) {
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

func createUser(c *call) (any, error) {
	in, err := decode[userIn](c)
	if err != nil {
		return nil, err
	}
	u, problem := c.newUser(in)
	if problem != "" {
		return nil, wire.Invalid("Validation failure during enduser creation").Because("%s", problem)
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

// newUser creates an end user, or says what is in the way.
func (c *call) newUser(in userIn) (*desk.Person, string) {
	u := &desk.Person{ID: c.NewID(), CreatedAt: wire.PlainTime(c.now), AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{},
		MiddleNames: []string{}, Attributes: map[string]any{}}
	in.apply(u)
	if problem := c.Clash(u, c.Users.List); problem != "" {
		return nil, problem
	}
	c.Users.Add(u.ID, u)
	c.did(u.ID, "end user created")
	return u, ""
}

func getUser(c *call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

func patchUser(c *call) (any, error) {
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[userIn](c)
	if err != nil {
		return nil, err
	}
	return c.changeUser(u, in.apply)
}

// changeUser changes one end user, unless the change takes an address, a number or an external id of another.
func (c *call) changeUser(u *desk.Person, apply func(*desk.Person)) (any, error) {
	if problem := c.tryUser(u, apply); problem != "" {
		return nil, wire.Invalid("Validation failure during update").Because("%s", problem)
	}
	return wire.Data{Data: userInfo(c.World, u)}, nil
}

func (c *call) tryUser(u *desk.Person, apply func(*desk.Person)) string {
	changed := *u
	apply(&changed)
	if problem := c.Clash(&changed, c.Users.List); problem != "" {
		return problem
	}
	for _, cv := range c.ByRequester[u.ID] {
		c.Detach(cv) // what was written before keeps the old name and address
	}
	*u = changed
	c.did(u.ID, "end user changed")
	return ""
}

func listUserConversations(c *call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	of := c.ByRequester[u.ID]
	found := make([]conversationWire, 0, len(of))
	for i := len(of) - 1; i >= 0; i-- { // newest first
		found = append(found, wireConversation(c.World, of[i], false))
	}
	return request.Paged(c.Request, p, found), nil
}

// userInfo returns a person with custom attributes, which only the reading of one end user has.
func userInfo(w *desk.World, u *desk.Person) desk.Person {
	p := *u
	p.CustomAttributes = wireValues(w, u.Attributes)
	return p
}
