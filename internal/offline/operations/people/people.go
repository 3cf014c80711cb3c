package people

import (
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

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

// clear empties what a replacement may leave out.
func (personIn) clear(p *desk.Person) {
	p.PhoneNumber, p.FirstName, p.LastName, p.AvatarURL = "", "", "", ""
	p.AdditionalEmails, p.AdditionalPhoneNumbers, p.MiddleNames = []string{}, []string{}, []string{}
}

// write is the body of a request that makes or changes a person.
type write interface{ apply(*desk.Person) }

// bulkWrite is an item of a request that changes several.
type bulkWrite interface {
	write
	of() string // the id of the person
}

// kind is what differs between Dixa agents and end users in the operations that both have.
type kind struct {
	name     string // in the messages of Dixa
	said     string // in what is noted
	id       string // the variable of their paths
	external bool   // they can be found by an external id
	inOrg    bool   // messages about changes name the organization

	all     func(*desk.World) *desk.Register[*desk.Person]
	shown   func(*desk.World, *desk.Person) any
	added   func(*call.Call, *desk.Person)                 // completes a new one
	written func(*desk.World, string) []*desk.Conversation // those that show the person under the old name
}

// list lists those whom the filter finds, or all.
func (k kind) list(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	email, phone, external := c.Query.Get("email"), c.Query.Get("phone"), ""
	if k.external {
		external = c.Query.Get("externalId")
	}
	filters := given(email, phone, external)
	if filters > 1 {
		return nil, wire.Invalid("Invalid filters: Cannot provide more than one filter")
	}
	found := []*desk.Person{}
	for _, one := range k.all(c.World).List {
		if filters == 0 || one.Reaches(email, phone) || external != "" && one.ExternalID == external {
			found = append(found, one)
		}
	}
	return request.Paged(c.Request, p, found), nil
}

func (k kind) get(c *call.Call) (any, error) {
	p, err := k.all(c.World).Get(c.ID(k.id))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: k.shown(c.World, p)}, nil
}

// add makes a person, or says what is in the way.
func (k kind) add(c *call.Call, in write) (*desk.Person, string) {
	p := &desk.Person{ID: c.NewID(), CreatedAt: wire.PlainTime(c.Now), AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{}, MiddleNames: []string{}}
	in.apply(p)
	all := k.all(c.World)
	if problem := c.Clash(p, all.List); problem != "" {
		return nil, problem
	}
	all.Add(p.ID, p)
	k.added(c, p)
	c.Did(p.ID, k.said+" created")
	return p, ""
}

// change changes a person, unless the change takes an address, a number or an external id of another: then it says so.
func (k kind) change(c *call.Call, p *desk.Person, in write) (problem string) {
	changed := *p
	in.apply(&changed)
	if problem := c.Clash(&changed, k.all(c.World).List); problem != "" {
		return problem
	}
	for _, cv := range k.written(c.World, p.ID) {
		c.Detach(cv) // what was written before keeps the old name and address
	}
	*p = changed
	c.Did(p.ID, k.said+" changed")
	return ""
}

// create returns the handler of a request that makes a person.
func create[In write](k kind) func(*call.Call) (any, error) {
	return func(c *call.Call) (any, error) {
		in, err := call.Decode[In](c)
		if err != nil {
			return nil, err
		}
		p, problem := k.add(c, in)
		if problem != "" {
			return nil, wire.Invalid("Validation failure during "+strings.ToLower(k.name)+" creation").Because("%s", problem)
		}
		return wire.Data{Data: k.shown(c.World, p)}, nil
	}
}

// update returns the handler of a request that replaces or patches a person.
func update[In write](k kind) func(*call.Call) (any, error) {
	return func(c *call.Call) (any, error) {
		p, err := k.all(c.World).Get(c.ID(k.id))
		if err != nil {
			return nil, err
		}
		in, err := call.Decode[In](c)
		if err != nil {
			return nil, err
		}
		if problem := k.change(c, p, in); problem != "" {
			return nil, wire.Invalid("Validation failure during update").Because("%s", problem)
		}
		return wire.Data{Data: k.shown(c.World, p)}, nil
	}
}

// bulk returns the handler of a request about several people. Each item has an outcome of its own.
func bulk[In any](read func(*call.Call) ([]In, error), one func(*call.Call, In) wire.Outcome) func(*call.Call) (any, error) {
	return func(c *call.Call) (any, error) {
		in, err := read(c)
		if err != nil {
			return nil, err
		}
		outcomes := []wire.Outcome{}
		for _, item := range in {
			outcomes = append(outcomes, one(c, item))
		}
		return wire.Data{Data: outcomes}, nil
	}
}

// items reads the body of a bulk request that holds its items under data.
func items[In any](c *call.Call) ([]In, error) {
	in, err := call.Decode[struct {
		Data []In `wire:"data"`
	}](c)
	return in.Data, err
}

func createOne[In write](k kind) func(*call.Call, In) wire.Outcome {
	return func(c *call.Call, in In) wire.Outcome {
		p, problem := k.add(c, in)
		if problem != "" {
			id := c.NewID()
			return wire.Failed("Validation", id, "Create "+k.name+" [userId="+id+"] in [orgId="+c.Organization.ID+"] failed with [errors="+problem+"]")
		}
		return wire.Succeeded(k.shown(c.World, p))
	}
}

func updateOne[In bulkWrite](k kind) func(*call.Call, In) wire.Outcome {
	return func(c *call.Call, in In) wire.Outcome {
		id, where := in.of(), ""
		p := k.all(c.World).ByID[strings.ToLower(id)]
		if p == nil {
			return wire.Failed("NotFound", id, k.name+" not found")
		}
		if problem := k.change(c, p, in); problem != "" {
			if k.inOrg {
				where = " in [org=" + c.Organization.ID + "]"
			}
			return wire.Failed("Validation", id, "Updating "+k.name+" [id="+id+"]"+where+" failed with [errors="+problem+"]")
		}
		return wire.Succeeded(k.shown(c.World, p))
	}
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
