package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// Tool is one thing that an agent can be allowed to do. It is an inert value: a list of them feeds the protocol, the
// capability file's check, the documentation and the tests.
type Tool struct {
	Name        string
	Group       string                      // as the capability file calls it: conversations, messages, …
	Description string                      // for the model: when to use it, what comes back, what it does to the world
	Did         string                      // for people, in the past tense: "closed conversation {conversationId}"
	Level       dixaclient.Level            // the highest level of its operations
	Operations  []*dixaclient.Spec          // all must be granted
	Uses        []*dixaclient.Spec          // a task tool's other operations: what is not granted is left out of its answer
	Named       bool                        // granted only by its name, by no level
	Bulk        bool                        // it changes many conversations, in several calls
	Idempotent  bool                        // doing it twice is the same as doing it once
	Destructive bool                        // it replaces, removes, or leaves the organization
	View        view.Options                // how the answer is shown
	Things      map[string]dixaclient.Thing // what ids in the answer name, by the path from an item; Nothing where none does
	one         bool                        // messageId is an argument
	beside      []*dixaclient.Spec          // a task tool does something else with these than they do, so that they are listed beside it
	args        func() *schemas.Schema
	v1, beta    func() *schemas.Schema // args for the versions of Dixa's API; made when first asked for, and shared
	layout      func() view.Layout
	in, out     reflect.Type
	run         func(context.Context, *dixaclient.Client, any) (Output, error)
	naming      func() map[string]dixaclient.Thing                                  // what arguments name
	runTask     func(context.Context, *dixaclient.Client, Env, any) (Output, error) // of a tool of several operations, in place of run
	planned     func(context.Context, *Reads, any) ([]Step, error)                  // of a tool of several writes, in place of run
	carries     func() map[string][]Carried                                         // what its arguments become
	compared    func(context.Context, *Reads, any) ([]Step, error)                  // of one write, in a plan that says what was there before; nil for none
	act         func(in any, as dixaclient.ActingAgent)
	check       func(version dixaclient.Version, in any) error
}

// Output is what a tool gives before it is made into an answer.
type Output struct {
	Body    []byte   // what Dixa answered, nil when it had nothing to say
	Next    string   // the key of the next page
	Done    int      // of many items, those that were done
	Failed  int      // and those that were not
	Refused []string // of a step, what was not done and why
	Total   int      // of a list, how many items there are, where Body has only the first of them
	More    string   // how to get the others, where no argument of the tool does

	Parts []view.Part // in place of Body: what a tool of several operations composed
	Image *Image      // beside Parts; nil for none
}

// Arguments are a call's arguments after they were checked.
type Arguments struct {
	schemas.Checked        // as they were understood; what reads them, reads the values
	In              any    // a pointer to the operation's request
	Skip            int    // how many items of the list the caller has already
	Offset          int    // where in the next item the caller goes on
	PageKey         string // of the page, without the place in it
	Limit           int    // pageLimit, 0 where it is not given
	MessageID       string // the only message that is wanted
	Env             Env    // for a tool of several operations
}

// skip is the argument of every tool that reads a list which Dixa gives whole: what does not fit into one answer follows.
var skip = schemas.Property{Name: "skip", Type: "integer"}

// offset is the argument of every tool that reads what can be longer than one answer. In pages nextPageKey says it.
var offset = schemas.Property{Name: "offset", Type: "integer"}

// messageID is the argument of list_messages for one of them.
var messageID = schemas.Property{Name: "messageId", Type: "string", Description: "this one, whole with its quotes"}

// tool makes a tool of one operation. It is inlined: a function with type parameters is compiled for each operation.
func tool[In, Out any](op dixaclient.Op[In, Out], did, description string, options ...option) *Tool {
	return operationTool(op.Spec, did, description, options)
}

// operationTool makes a tool of an operation, from what its [dixaclient.Spec] says. Options are applied last.
func operationTool(op *dixaclient.Spec, did, description string, options []option) *Tool {
	list := op.Out().Kind() == reflect.Slice
	t := &Tool{
		Name:        op.Name,
		Description: description,
		Did:         did,
		Level:       op.Level,
		Operations:  []*dixaclient.Spec{op},
		Named:       op.Deprecated,
		Idempotent:  op.Idempotent,
		Destructive: op.Level >= dixaclient.Send || op.Method == "DELETE" || op.Method == "PUT" && strings.HasPrefix(op.Name, "replace_"),
		View:        view.Options{Secret: op.Secret, PageLimit: op.Paged, SkipArg: list && !op.Paged && op.Level == dixaclient.Read},
		in:          op.In(),
		out:         op.Out(),
		args:        func() *schemas.Schema { return schemas.For(op.In()) },
		run: func(ctx context.Context, c *dixaclient.Client, in any) (Output, error) {
			a, err := op.Fetch(ctx, c, in)
			return Output{Body: a.Raw, Next: a.Next}, err
		},
		act: op.Act,
		check: func(version dixaclient.Version, in any) error {
			_, err := op.RequestIn(version, in)
			return err
		},
	}
	if op.Level > dixaclient.Read {
		t.View.Look = op.LookWith
	}
	t.beta = sync.OnceValue(func() *schemas.Schema { return t.args() }) // what follows changes args
	t.v1 = sync.OnceValue(func() *schemas.Schema {
		s := t.beta()
		for _, op := range t.Operations {
			s = s.Requiring(op.RequiredInV1()...)
		}
		return s
	})
	t.naming = sync.OnceValue(func() map[string]dixaclient.Thing { return dixaclient.NamingArguments(t.Name, t.in) })
	t.View.Fields, t.Things = fieldsOf(t.out), thingsOf(t.out)
	t.View.Things, t.View.Words = namesOf(t.Things), wordsOf(t.out)
	t.layout = sync.OnceValue(func() view.Layout { return layoutOf(t.out) })
	for _, o := range options {
		o(t)
	}
	t.addContinuation()
	t.addRepeat()
	return t
}

// addContinuation adds the arguments with which a caller gets the rest of an answer that Dixa gives whole.
func (t *Tool) addContinuation() {
	if t.View.PageLimit || t.Level > dixaclient.Read {
		return
	}
	var own []schemas.Property
	item := t.out
	if t.View.SkipArg {
		own, item = append(own, skip), item.Elem()
	}
	if canBeLong(t.View.Fields, item) {
		own = append(own, offset)
	} else {
		t.View.Short = true
	}
	if t.one {
		own = append(own, messageID)
	}
	if args := t.args; len(own) > 0 {
		t.args = func() *schemas.Schema { return args().With(own...) }
	}
}

// option states what an operation does not say about its tool.
type option func(*Tool)

// named marks a tool that no level covers: the capability file must name it.
func named(t *Tool) { t.Named = true }

// showing says how the answer is shown.
func showing(k view.Kind) option { return func(t *Tool) { t.View.Kind = k } }

// group puts tools into a group.
func group(name string, tools ...*Tool) []*Tool {
	for _, t := range tools {
		t.Group = name
	}
	return tools
}

// Title returns the tool's name for people, such as "Close conversation".
func (t *Tool) Title() string {
	words := strings.Split(t.Name, "_")
	for i, w := range words {
		switch w {
		case "agent", "agents":
			words[i] = "Dixa " + w
		case "followup":
			words[i] = "follow-up"
		}
	}
	title := strings.Join(words, " ")
	return strings.ToUpper(title[:1]) + title[1:]
}

// Layout says how the tool's answers are written as text.
func (t *Tool) Layout() view.Layout { return t.layout() }

// Access returns "read" or "write".
func (t *Tool) Access() string {
	if t.Level == dixaclient.Read {
		return "read"
	}
	return "write"
}

// Schema describes the tool's arguments in v1 of Dixa's API.
func (t *Tool) Schema() *schemas.Schema { return t.SchemaIn(dixaclient.V1) }

// SchemaIn describes the tool's arguments in a version of Dixa's API.
func (t *Tool) SchemaIn(version dixaclient.Version) *schemas.Schema {
	if version == dixaclient.Beta {
		return t.beta()
	}
	return t.v1()
}

// Decode checks arguments against the schema that their caller was shown and reads them. A [*schemas.Error] names
// every field that does not fit. Times are read as the reading says; nil is UTC.
func (t *Tool) Decode(schema *schemas.Schema, raw json.RawMessage, reading *schemas.Reading) (*Arguments, error) {
	checked, err := schema.Check(raw, reading)
	if err != nil {
		return nil, err
	}
	a := &Arguments{Checked: checked, In: reflect.New(t.in).Interface()}
	if err := a.place(t); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(a.JSON, a.In); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", t.Name, err)
	}
	return a, nil
}

// Read reads arguments without checking them, so that it gives no Values: names may stand where ids are due.
func (t *Tool) Read(arguments json.RawMessage) (*Arguments, error) {
	a := &Arguments{Checked: schemas.Checked{JSON: arguments}, In: reflect.New(t.in).Interface()}
	if err := json.Unmarshal(arguments, a.In); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", t.Name, err)
	}
	return a, nil
}

// Act fills in, wherever the tool asks in whose name it acts.
func (t *Tool) Act(a *Arguments, as dixaclient.ActingAgent) { t.act(a.In, as) }

// Check reports what is wrong with arguments that only fit one by one, in a version of Dixa's API. Nothing is sent.
func (t *Tool) Check(a *Arguments, version dixaclient.Version) error { return t.check(version, a.In) }

// In returns the type of the tool's request.
func (t *Tool) In() reflect.Type { return t.in }

// Out returns the type of what Dixa answers.
func (t *Tool) Out() reflect.Type { return t.out }

// References lists what the values of arguments name.
func (t *Tool) References(a *Arguments) []dixaclient.Reference {
	return dixaclient.References(t.Name, a.In)
}

// Names reports whether an argument, given by its path without indexes, takes ids of what people know by names.
func (t *Tool) Names(argument string) bool {
	return t.naming()[argument] != dixaclient.Nothing || t.one && argument == messageID.Name
}

// Giving lists the arguments of the tool that give an argument of its operations: those of the same name, and those whose tag
// gives says so. Those in an object are given by their path.
func (t *Tool) Giving(argument string) (names []string) {
	gives := func(f reflect.StructField) bool {
		return slices.Contains(strings.Fields(f.Tag.Get("gives")), argument)
	}
	for name, f := range dixaclient.Arguments(t.in) {
		if name == argument || gives(f) {
			names = append(names, name)
		}
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		for inner, f := range dixaclient.Arguments(f.Type) {
			if gives(f) {
				names = append(names, name+"."+inner)
			}
		}
	}
	return names
}

// ArgumentThings lists what arguments of the tool name, in alphabetical order.
func (t *Tool) ArgumentThings() []dixaclient.Thing {
	things := slices.Sorted(maps.Values(t.naming()))
	return slices.Compact(things)
}

// Run carries the tool out.
func (t *Tool) Run(ctx context.Context, c *dixaclient.Client, a *Arguments) (Output, error) {
	if t.Task() {
		return t.runTask(ctx, c, a.Env, a.In)
	}
	out, err := t.run(ctx, c, a.In)
	if err == nil && a.MessageID != "" {
		out.Body, err = oneMessage(out.Body, a.MessageID)
	}
	return out, err
}

// Actors names the arguments that say in whose name the tool acts.
func (t *Tool) Actors() []string {
	var names []string
	for _, op := range t.Operations {
		names = append(names, op.Actors()...)
	}
	if t.Plans() {
		for name, carried := range t.carries() {
			if slices.ContainsFunc(carried, func(c Carried) bool { return c.Actor }) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Done returns what the tool did with these arguments, in the past tense: "closed conversation 1234". The values that it names
// are shown as show says, which is given the argument and the value.
func (t *Tool) Done(arguments schemas.Values, show func(argument, value string) string) string {
	return placeholders(t.Did, func(name string) string {
		return show(name, strings.Trim(string(arguments.Get(name).JSON), `"`))
	})
}

func placeholders(s string, value func(string) string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(value(name))
		s = after
	}
}
