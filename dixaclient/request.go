package dixaclient

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Request is an operation's request before it is sent.
type Request struct {
	Method      string
	Path        string // escaped, begins with /v1/ or /beta/
	Query       url.Values
	Body        []byte // nil: no body
	ContentType string
}

// Encoded is a body that is not JSON.
type Encoded struct {
	ContentType string
	Bytes       []byte
}

// bodied is implemented by requests whose body is not simply their fields: unions, wrapped bodies, arrays, free maps.
// It refuses wrong combinations with an [*InputError]. The value is sent as JSON, or as it is when it is [Encoded].
type bodied interface{ Body() (any, error) }

// checked is implemented by requests without a body whose arguments only fit together in some ways. It refuses the others
// with an [*InputError].
type checked interface{ Check() error }

// conversational is implemented by requests about one conversation; [ConversationRef] gives it to all that embed it.
type conversational interface{ OfConversation() int64 }

// personal is implemented by requests about one end user; [EndUserRef] gives it to all that embed it.
type personal interface{ OfEndUser() UUID }

// field says where one field of a request travels.
type field struct {
	index    []int
	argument string // its name for callers
	wire     string // its name for Dixa
	in       string // path, query or "" for the body
	optional bool
	v1       bool // optional, but required in v1 of the API
}

// plan is how a request type becomes a request; made once per operation.
type plan struct {
	fields  []field
	hasBody bool
	page    []int
	actors  []field
	named   []Named
}

// makePlan reads the struct tags of an operation's request type and panics where they do not fit its path.
func makePlan(s *Spec, in reflect.Type) *plan {
	p := &plan{}
	variables := map[string]bool{}
	for part := range strings.SplitSeq(s.Path, "/") {
		if strings.HasPrefix(part, "{") {
			variables[strings.Trim(part, "{}")] = true
		}
	}
	for _, f := range reflect.VisibleFields(in) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		fd := field{index: f.Index, argument: name, wire: name, in: f.Tag.Get("in"), optional: strings.Contains(options, "omit"), v1: f.Tag.Get("v1") == "required"}
		if w := f.Tag.Get("wire"); w != "" {
			fd.wire = w
		}
		switch {
		case name == "":
			panic(fmt.Sprintf("dixaclient: %s: field %s has no json name", s.Name, f.Name))
		case p.has(name):
			panic(fmt.Sprintf("dixaclient: %s: two fields are named %s", s.Name, name))
		case fd.in != "" && fd.in != "path" && fd.in != "query":
			panic(fmt.Sprintf("dixaclient: %s: %s cannot travel in %q", s.Name, name, fd.in))
		case fd.v1 && !fd.optional:
			panic(fmt.Sprintf("dixaclient: %s: %s is required in every version", s.Name, name))
		case fd.in == "path" && fd.optional:
			panic(fmt.Sprintf("dixaclient: %s: {%s} of the path cannot be optional", s.Name, fd.wire))
		case fd.in == "path" && !variables[fd.wire]:
			panic(fmt.Sprintf("dixaclient: %s: the path has no {%s}", s.Name, fd.wire))
		case fd.in == "path":
			delete(variables, fd.wire)
		case fd.in == "":
			p.hasBody = true
		case name == "pageKey":
			p.page = f.Index
		}
		if f.Type == reflect.TypeFor[ActingAgent]() {
			p.actors = append(p.actors, fd)
		}
		if tag := f.Tag.Get("named"); tag != "" {
			p.named = append(p.named, Named{name, strings.Split(tag, ",")})
		} else if f.Type == reflect.TypeFor[ActingAgent]() && s.Level >= Send {
			p.named = append(p.named, Named{name, []string{"*"}})
		}
		p.fields = append(p.fields, fd)
	}
	for v := range variables {
		panic(fmt.Sprintf("dixaclient: %s: no field for {%s} of the path", s.Name, v))
	}
	if s.Paged && p.page == nil {
		panic(fmt.Sprintf("dixaclient: %s: paged, but without a pageKey", s.Name))
	}
	return p
}

func (p *plan) has(argument string) bool {
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.argument == argument })
}

// pageKey returns the field of in (a pointer to the request) that says which page is meant.
func (p *plan) pageKey(in any) reflect.Value { return reflect.ValueOf(in).Elem().FieldByIndex(p.page) }

// Named is an argument that reaches further than its operation's level says: as whom a message is sent, who else gets
// it, what is taken from another address, what is done by force. A caller that is granted the operation is not thereby
// granted these Values of the argument; "*" stands for all.
type Named struct {
	Argument string
	Values   []string
}

// Named lists such arguments: those with the tag named, and who acts where something leaves the organization.
func (s *Spec) Named() []Named { return s.plan().named }

// PageKey returns the key of the page that in (a pointer to the request) asks for, "" for the first.
func (s *Spec) PageKey(in any) string {
	if s.plan().page == nil {
		return ""
	}
	return s.plan().pageKey(in).String()
}

// SetPageKey makes in ask for another page.
func (s *Spec) SetPageKey(in any, key string) { s.plan().pageKey(in).SetString(key) }

// Actors names the arguments that say in whose name a call acts.
func (s *Spec) Actors() []string {
	var names []string
	for _, f := range s.plan().actors {
		names = append(names, f.argument)
	}
	return names
}

// Act fills every argument of in (a pointer to the request) that says in whose name the call acts.
func (s *Spec) Act(in any, as ActingAgent) {
	for _, f := range s.plan().actors {
		reflect.ValueOf(in).Elem().FieldByIndex(f.index).SetString(string(as))
	}
}

// ActorOf returns in whose name a request (a pointer to it) of an operation acts, "" where it does not say.
func ActorOf(s *Spec, in any) ActingAgent {
	for _, f := range s.plan().actors {
		if as := reflect.ValueOf(in).Elem().FieldByIndex(f.index).String(); as != "" {
			return ActingAgent(as)
		}
	}
	return ""
}

// ConversationOf tells which conversation a request (a pointer to it) is about.
func ConversationOf(in any) (id int64, ok bool) {
	if c, is := in.(conversational); is {
		id = c.OfConversation()
	}
	return id, id != 0
}

// EndUserOf tells which end user a request (a pointer to it) is about.
func EndUserOf(in any) (id UUID, ok bool) {
	if p, is := in.(personal); is {
		id = p.OfEndUser()
	}
	return id, id != ""
}

// OtherConversations returns conversations that a request (a pointer to it) names beside the one that it is about.
func OtherConversations(in any) []int64 {
	if o, is := in.(interface{ OtherConversations() []int64 }); is {
		return o.OtherConversations()
	}
	return nil
}

// OtherEndUsers returns end users that a request (a pointer to it) names beside what it is about.
func OtherEndUsers(in any) []UUID {
	if o, is := in.(interface{ OtherEndUsers() []UUID }); is {
		return o.OtherEndUsers()
	}
	return nil
}

// PartKind is what a part of a conversation is.
type PartKind uint8

// The parts that requests name by an id of their own.
const (
	MessagePart PartKind = iota + 1
	RatingPart
)

// Part is something inside the conversation that a request is about.
type Part struct {
	Kind PartKind
	ID   string
}

// PartsOf returns the parts of its conversation that a request (a pointer to it) names by their ids.
func PartsOf(in any) []Part {
	if p, is := in.(interface{ Parts() []Part }); is {
		return p.Parts()
	}
	return nil
}
