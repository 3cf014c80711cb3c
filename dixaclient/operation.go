package dixaclient

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Level says what an operation does to the world. The levels are ordered: a grant of one covers those before it.
type Level uint8

const (
	// Read changes nothing.
	Read Level = iota + 1
	// Write is seen by colleagues and can be put right.
	Write
	// Send leaves the organization: a customer, a help-centre reader or a webhook's address gets it.
	Send
	// Erase cannot be undone.
	Erase
)

var levelNames = []string{Read: "read", Write: "write", Send: "send", Erase: "erase"}

// String gives the word that the capability file uses: read, write, send or erase.
func (l Level) String() string {
	if l < Read || l > Erase {
		return fmt.Sprintf("Level(%d)", l)
	}
	return levelNames[l]
}

// ParseLevel returns the level that [Level.String] writes as the given word.
func ParseLevel(s string) (Level, bool) {
	i := slices.Index(levelNames, s)
	return Level(max(i, 0)), i > 0
}

// Host is one of Dixa's two addresses.
type Host uint8

const (
	// API is https://dev.dixa.io, which takes the token as it is.
	API Host = iota
	// Exports is https://exports.dixa.io, which takes it as a Bearer token.
	Exports
)

// Scope says what an operation reaches, for callers that may only see some conversations.
type Scope uint8

const (
	// Everything is the whole organization, or more than can be told before the call.
	Everything Scope = iota
	// OneConversation is the conversation that the request names.
	OneConversation
	// OneEndUser is the end user that the request names, with that end user's conversations.
	OneEndUser
	// SomeConversations are those that the request's filters find.
	SomeConversations
	// SomeEndUsers are those that the request's filters find.
	SomeEndUsers
	// Shared is what all conversations have in common and what tells nothing about one: tags, queues, teams, hours.
	Shared
)

// Spec is what is known about an operation beside its types.
type Spec struct {
	Name       string // the tool's name, such as close_conversation
	Method     string
	Path       string // with {variables} named like the arguments
	Level      Level
	Host       Host
	Scope      Scope
	Paged      bool     // takes pageLimit and pageKey, answers with the key of the next page
	Idempotent bool     // doing it twice is the same as doing it once
	Deprecated bool     // Dixa advises another operation
	Bare       bool     // the answer comes without the {"data": …} envelope
	Secret     []string // properties of the answer that hold a secret
	NotFound   string   // a likely cause of a 404 that no argument's name says
	LookWith   string   // the operation that shows whether a call of this one was carried out

	grantedBy *Spec // the operation whose grant covers this one, which agents cannot be granted itself

	plan    func() *plan // made when first asked for, since a start needs few of them
	in, out reflect.Type
}

// Option states what an operation's method does not say.
type Option func(*Spec)

func shared(s *Spec)     { s.Scope = Shared }
func everything(s *Spec) { s.Scope = Everything }
func paged(s *Spec)      { s.Paged = true }
func idempotent(s *Spec) { s.Idempotent = true }
func deprecated(s *Spec) { s.Deprecated = true }
func bare(s *Spec)       { s.Bare = true }

func reaches(sc Scope) Option            { return func(s *Spec) { s.Scope = sc } }
func missingWhen(cause string) Option    { return func(s *Spec) { s.NotFound = cause } }
func on(h Host) Option                   { return func(s *Spec) { s.Host = h } }
func secret(properties ...string) Option { return func(s *Spec) { s.Secret = properties } }
func lookWith(operation string) Option   { return func(s *Spec) { s.LookWith = operation } }

// Op is an operation with the types of its request and its answer. Its methods are compiled for each operation, and so are functions with
// type parameters: what needs no types belongs to [Spec]. They have pointer receivers, since each method of a value is compiled a second time, for
// pointers.
type Op[In, Out any] struct{ Spec *Spec }

var operations []*Spec

// op declares an operation. A declaration that cannot work panics, of the route here and of the request's type at its first
// use; a test uses all of them.
func op[In, Out any](name, route string, level Level, options ...Option) (o Op[In, Out]) {
	o.Spec = declare(reflect.TypeFor[In](), reflect.TypeFor[Out](), name, route, level, options)
	return o
}

func declare(in, out reflect.Type, name, route string, level Level, options []Option) *Spec {
	method, path, ok := strings.Cut(route, " ")
	if !ok {
		panic(fmt.Sprintf("dixaclient: %s: route %q is not METHOD /path", name, route))
	}
	s := &Spec{Name: name, Method: method, Path: path, Level: level, Scope: scopeOf(in), Idempotent: method != "POST", in: in, out: out}
	for _, o := range options {
		o(s)
	}
	s.plan = sync.OnceValue(func() *plan { return makePlan(s, in) })
	operations = append(operations, s)
	return s
}

// scopeOf reads from a request's type what it reaches.
func scopeOf(in reflect.Type) Scope {
	switch {
	case reflect.PointerTo(in).Implements(reflect.TypeFor[conversational]()):
		return OneConversation
	case reflect.PointerTo(in).Implements(reflect.TypeFor[personal]()):
		return OneEndUser
	}
	return Everything
}

// Granted returns the operation that must be granted for this one: itself, but for what is read beside an operation.
func (s *Spec) Granted() *Spec { return cmp.Or(s.grantedBy, s) }

// Operations lists every operation that was declared, sorted by name.
func Operations() []*Spec {
	return slices.SortedFunc(slices.Values(operations), func(a, b *Spec) int { return strings.Compare(a.Name, b.Name) })
}

// In returns the type of the operation's request, a struct.
func (s *Spec) In() reflect.Type { return s.in }

// Out returns the type of the content of the operation's answer.
func (s *Spec) Out() reflect.Type { return s.out }

// Answer is what Dixa answered.
type Answer[Out any] struct {
	Value  Out    // the typed content; unknown properties are only in Raw
	Raw    []byte // the body as it came, with its envelope; nil when there was none
	Next   string // the key of the next page, "" on the last one
	Status int
}

// None is the answer of an operation whose success has no body.
type None struct{}

// Do carries out the operation. The error is an [*Error], an [*InputError], a [*BusyError], or what an [Around]
// answered; errors.Is sees context.Canceled and context.DeadlineExceeded through it.
func (o *Op[In, Out]) Do(ctx context.Context, c *Client, in In) (Answer[Out], error) {
	a := &Answer[Out]{}
	call := &Call{Op: o.Spec, In: &in, Out: &a.Value}
	err := c.run(ctx, call)
	if err == nil {
		err = call.Decode()
	}
	if err != nil { // an Around may refuse what Dixa answered: nothing of it goes past
		return Answer[Out]{Status: call.Status}, err
	}
	a.Raw, a.Next, a.Status = call.Raw, call.Next, call.Status
	return *a, nil
}

// Fetch carries out the operation for a pointer to its request, of which it takes a copy, and does not decode the answer. It is for callers
// that pass the bytes on. Its errors are those of [Op.Do].
func (s *Spec) Fetch(ctx context.Context, c *Client, in any) (Answer[None], error) {
	request := reflect.New(s.in)
	request.Elem().Set(reflect.ValueOf(in).Elem())
	call := &Call{Op: s, In: request.Interface(), Out: reflect.New(s.out).Interface()}
	if err := c.run(ctx, call); err != nil {
		return Answer[None]{Status: call.Status}, err
	}
	return Answer[None]{Raw: call.Raw, Next: call.Next, Status: call.Status}, nil
}

// Pages gives the answer's pages one after the other, until Dixa names no next page, a page is empty, or a key comes
// twice. After an error it stops.
func (o *Op[In, Out]) Pages(ctx context.Context, c *Client, in In) iter.Seq2[Answer[Out], error] {
	return func(yield func(Answer[Out], error) bool) {
		pages := pages{op: o.Spec, in: &in}
		for more := true; more; {
			a, err := o.Do(ctx, c, in)
			more = yield(a, err) && err == nil && pages.turn(a.Next, isEmpty(a.Value))
		}
	}
}

// pages turns the pages of a list.
type pages struct {
	op   *Spec
	in   any // a pointer to the request
	seen map[string]bool
}

// turn puts the key of the next page into the request, and reports whether there is such a page.
func (p *pages) turn(next string, empty bool) bool {
	if !p.op.Paged || next == "" || empty {
		return false
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[p.op.PageKey(p.in)] = true
	p.op.SetPageKey(p.in, next)
	return !p.seen[next]
}

func isEmpty(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Slice && r.Len() == 0
}
