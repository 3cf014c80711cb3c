package tools

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// Env is the agent's side of a call, for tools that are made of several operations.
type Env struct {
	Agent    string // who calls, with which key, and for whom: a verified e-mail address; "" where there is none
	Key      string
	Person   string
	Granted  func(*dixaclient.Spec) bool                    // whether the agent may use an operation
	May      func(op *dixaclient.Spec, in any) bool         // whether it may carry out an operation with this request
	Seal     func(text string) (string, error)              // proves that a text was written here
	Name     func(thing dixaclient.Thing, id string) string // by which people know it; "" where it has none that the agent may read
	Tools    func(operation string) string                  // those with which the agent does what an operation does; "" for none
	Left     func() int                                     // requests that the agent's budget still allows, at least; a large number where nothing limits them
	Zone     func() *time.Location
	Now      func() time.Time
	Wrote    func(context.Context) ([]Wrote, error) // what the agent's credential changed in the last hour, newest first
	Progress func(string)                           // told in a few words how far a call with many requests is
	Sleep    func(context.Context, time.Duration) error
	Decided  func(context.Context, time.Duration) error                 // sleeps, and not longer than until this process keeps a decision of an approver
	Decision func(ctx context.Context, number string) (Decision, error) // of an approver about a call of this agent
	Articles *Articles                                                  // that agents with the same grants have read
	Find     func(what string, most int) []Found                        // the agent's tools that fit best
	Groups   func() []string                                            // of the agent's tools
	Archive  Archive                                                    // nil where none is kept
	Bounded  bool                                                       // the agent may only see some conversations
	Within   func(key string) []string                                  // ids, or words of Dixa's search, one of which these have; nil for a key that bounds nothing
	Only     int64                                                      // the only conversation that there can be for the agent; 0: there can be others
	Limited  func(*dixaclient.Spec) bool                                // whether rules for arguments hold for an operation
	RowsLeft func() (int, error)                                        // of the archive that the agent's budget still allows this hour; an error where none are
	ShowRows func(int) error                                            // takes rows from that budget, before they are shown
	Judging  func(context.Context) (context.Context, error)             // takes one request from the budget, for all look-ups with the context that it returns
	Events   Events                                                     // nil where the server has no inbox

	RecordsLeft func() (int, error) // conversations and customers that Dixa's answers may still show this hour; an error where none are
	ShowRecords func(int) error     // takes them from that budget, before they are shown

	SealCursor func(events.Cursor) string          // makes a position in the inbox into one that tells an agent nothing
	OpenCursor func(string) (events.Cursor, error) // reads it
}

// Reads is what a task tool reads with. What its agent may not read is left out of the answer, and named once.
type Reads struct {
	Env
	Client *dixaclient.Client
	left   []string
}

// task makes a tool of several operations. Each is authorized, bounded, counted and recorded by itself: a tool gets an agent
// no further than its grants. needs are those without which there is no answer.
func task[In any](name, did, description string, needs, uses []*dixaclient.Spec, run func(context.Context, *Reads, In) (Output, error)) *Tool {
	t := newTask(reflect.TypeFor[In](), name, did, description, needs, uses)
	t.runTask = runningTask(func(ctx context.Context, r *Reads, in any) (Output, error) { return run(ctx, r, *in.(*In)) })
	return t
}

func runningTask(run func(context.Context, *Reads, any) (Output, error)) func(context.Context, *dixaclient.Client, Env, any) (Output, error) {
	return func(ctx context.Context, c *dixaclient.Client, env Env, in any) (Output, error) {
		r := &Reads{Env: env, Client: c}
		out, err := run(ctx, r, in)
		if err == nil {
			out.Parts = r.sayLeftOut(out.Parts)
		}
		return out, err
	}
}

// newTask makes a tool of several operations that does nothing yet.
func newTask(in reflect.Type, name, did, description string, needs, uses []*dixaclient.Spec) *Tool {
	t := &Tool{
		Name:        name,
		Description: description,
		Did:         did,
		Level:       dixaclient.Read,
		Operations:  needs,
		Uses:        uses,
		Idempotent:  true,
		in:          in,
		out:         reflect.TypeFor[dixaclient.None](),
		args:        func() *schemas.Schema { return schemas.For(in) },
		act:         func(any, dixaclient.ActingAgent) {},
		check: func(_ dixaclient.Version, in any) error {
			problem := &dixaclient.InputError{Operation: name}
			if c, ok := in.(fitting); ok {
				problem.Field, problem.Problem = c.misfit()
			}
			if problem.Problem == "" {
				return nil
			}
			return problem
		},
	}
	t.naming = sync.OnceValue(func() map[string]dixaclient.Thing { return dixaclient.NamingArguments(t.Name, t.in) })
	t.v1 = sync.OnceValue(func() *schemas.Schema { return t.args() })
	t.beta = t.v1
	t.layout = sync.OnceValue(func() view.Layout { return view.Layout{} })
	return t
}

// aside marks a task tool that does something else than its operations, so that it covers none of them.
func aside(t *Tool) *Tool { return beside(t, slices.Concat(t.Operations, t.Uses)...) }

// beside names operations that a task tool does not cover, since it does something else with them than they do.
func beside(t *Tool, ops ...*dixaclient.Spec) *Tool {
	t.beside = ops
	return t
}

// fitting is implemented by arguments that can fit one by one and not together.
type fitting interface {
	misfit() (field, problem string)
}

// tasksGroup is the group of the tools that are made of several operations.
const tasksGroup = "tasks"

// Task reports whether the tool is made of several operations.
func (t *Tool) Task() bool { return t.runTask != nil || t.Plans() }

// leave notes what is not in the answer, and why.
func (r *Reads) leave(what, why string) {
	if note := what + " (" + why + ")"; !slices.Contains(r.left, note) {
		r.left = append(r.left, note)
	}
}

// judging returns the context of the look-ups that decide what an agent is shown. Where it is judged one by one they cost one request together:
// how many are needed depends on what it may not see.
func (r *Reads) judging(ctx context.Context, judged bool) (context.Context, error) {
	if !judged {
		return ctx, nil
	}
	return r.Judging(ctx)
}

// noMoreRows is why rows are left out that the agent's budget does not allow.
const noMoreRows = "the agent's budget allows no more rows"

// limitRows lowers a limit to what the agent's budget still allows of rows or records, which it returns, and says what it leaves out.
func (r *Reads) limitRows(allowed func() (int, error), limit *int, more string) (left int, err error) {
	left, err = allowed()
	if err == nil && left < *limit {
		*limit = left
		r.leave(more, noMoreRows)
	}
	return left, err
}

// asRecord counts what a read shows as one conversation of the agent's budget, however much of it that is.
func (r *Reads) asRecord(ctx context.Context, read func(context.Context) (Output, error)) (Output, error) {
	if _, err := r.RecordsLeft(); err != nil {
		return Output{}, err
	}
	out, err := read(ctx)
	if err != nil {
		return Output{}, err
	}
	return out, r.ShowRecords(1)
}

// sayLeftOut puts what is not in the answer behind the items of the tool's own, and before Dixa's answer, which can be long.
func (r *Reads) sayLeftOut(parts []view.Part) []view.Part {
	if len(r.left) == 0 {
		return parts
	}
	at := slices.IndexFunc(parts, func(p view.Part) bool { return p.Body != nil })
	if at < 0 {
		at = len(parts)
	}
	return slices.Insert(parts, at, view.Sentence("leftOut", "Left out: "+strings.Join(r.left, "; ")))
}

// NonePart is the name of the part that says that no conversation or customer was found.
const NonePart = "none"

// may reports whether a part of the answer can be read. If not, the answer says so.
func (r *Reads) may(what string, ops ...*dixaclient.Spec) bool {
	for _, op := range ops {
		if !r.Granted(op) {
			r.leave(what, "not granted")
			return false
		}
	}
	return true
}

// optional carries out a read without which the answer is less, and no failure. ok is false where it has no result, which
// the answer then says of what was to be read.
func optional[In, Out any](ctx context.Context, r *Reads, what string, op dixaclient.Op[In, Out], in In) (a dixaclient.Answer[Out], ok bool, err error) {
	if !r.may(what, op.Spec) {
		return a, false, nil
	}
	a, err = op.Do(ctx, r.Client, in)
	var failed *dixaclient.Error
	switch {
	case err == nil:
		return a, true, nil
	case notGranted(err):
		r.leave(what, notGrantedFor)
	case ctx.Err() != nil || !errors.As(err, &failed): // a frozen agent, a used-up budget, no time left
		return a, false, err
	case !dixaclient.IsNotFound(err):
		r.leave(what, "could not be read")
	}
	return a, false, nil
}

// notGrantedFor says of a part that its operation is granted, though not with the arguments that it needs.
const notGrantedFor = "not granted for it"

// notGranted reports whether a rule for arguments, of which no grant tells, refused an operation.
func notGranted(err error) bool {
	var denied interface{ NotGranted() bool }
	return errors.As(err, &denied) && denied.NotGranted()
}

// clause returns words about the tools with which the agent does what an operation or a tool does; "" where there are none.
func (r *Reads) clause(format, name string) string {
	if r.Tools == nil || r.Tools(name) == "" {
		return ""
	}
	return fmt.Sprintf(format, r.Tools(name))
}

// tell reports how far a call with many requests is.
func (r *Reads) tell(format string, args ...any) {
	if r.Progress != nil {
		r.Progress(fmt.Sprintf(format, args...))
	}
}

// problem returns the error for an argument that names nothing, or too much.
func problem(tool, argument string, err error) error {
	return fmt.Errorf("%s: %s: %w", tool, argument, err)
}

// named returns the fact that a thing belongs to an item: its name, or its id where it has none that the agent may read.
func (r *Reads) named(key, label string, thing dixaclient.Thing, id string) view.Fact {
	if id == "" {
		return view.Fact{Key: key}
	}
	f := view.Fact{Key: key, Label: label, Value: r.Name(thing, id), ID: id}
	if f.Value == "" {
		f.Value, f.ID = id, ""
	}
	return f
}
