package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// Step is one write of a plan: one operation with its request, and what it changes. A plan only says what is to be done; the
// gate decides about each step, has the plan approved, carries it out, and refuses a step that no longer fits.
type Step struct {
	Op     *d.Spec // nil for what is only said, and not sent
	In     any     // a pointer to the request
	What   string  // it changes, as people read it: "queue"
	Each   string  // what several steps of the plan change, one each: "conversation", where What is that and a number; "" for none
	Key    string  // the same in JSON; "" for the first word of What
	Before string  // shown to people and models; "" where there is nothing to compare with
	After  string
	Same   bool   // nothing would change, so that it is not sent
	State  string // what Before was read from, as Dixa has it; part of what an approval is for
	Once   bool   // carried out twice it is done twice, such as a message: these are a plan's last steps, but for those that must follow it
	Text   string // the whole text that it sends or leaves, which the arguments may only name; shown to approvers and in the answer

	Details []view.Fact // what else the answer says about it
	Next    string      // what can be done next, a sentence
	Draft   *DraftUse   // what becomes of a draft with it; nil where there is none

	// Holds reports whether State is still what Dixa has, or was at a time; nil where nothing was read.
	Holds func(ctx context.Context, c *d.Client, at time.Time) (bool, error)

	send func(context.Context, *d.Client) (Output, error)
	said *string // what came of it, once it was sent, in place of After; nil where nothing is said
}

// Send carries the step out.
func (s *Step) Send(ctx context.Context, c *d.Client) (Output, error) { return s.send(ctx, c) }

// step returns a step that carries out an operation.
func step[In, Out any](op d.Op[In, Out], in In, what string) Step {
	return Step{Op: op.Spec, In: &in, What: what, send: func(ctx context.Context, c *d.Client) (Output, error) {
		a, err := op.Spec.Fetch(ctx, c, &in)
		return Output{Body: a.Raw}, err
	}}
}

// String says what the step changes: "queue: Billing → Returns".
func (s *Step) String() string { return s.What + s.change() }

// Said says what each of several steps changes, at the index of the step. Steps that change several things in the same way are one
// sentence, at the index of the first of them: "conversations 1234, 1235: Open → Closed".
func Said(steps []Step) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		said := map[string]bool{}
		for i := range steps {
			s := &steps[i]
			key := s.Each + s.change()
			if s.Each != "" && said[key] {
				continue
			}
			said[key] = true
			what := s.What
			if same := alike(steps[i:]); len(same) > 1 {
				what = s.Each + "s " + strings.Join(same, ", ")
			}
			if !yield(i, what+s.change()) {
				return
			}
		}
	}
}

// alike returns the numbers of what steps change in the same way as the first of them.
func alike(steps []Step) (numbers []string) {
	each, change := steps[0].Each, steps[0].change()
	for i := range steps {
		if s := &steps[i]; each != "" && s.Each == each && s.change() == change {
			numbers = append(numbers, strings.TrimPrefix(s.What, each+" "))
		}
	}
	return numbers
}

// change says what becomes of what the step changes: ": Billing → Returns".
func (s *Step) change() string {
	after := s.After
	if s.said != nil && *s.said != "" {
		after = *s.said
	}
	switch {
	case s.Same && s.After == "":
		return ": no change"
	case s.Same:
		return ": " + s.After + ", no change"
	case s.Before == "":
		return ": " + after
	}
	return ": " + s.Before + " → " + after
}

// planned makes a tool of several writes of a level. needs are the reads without which there is no plan; of the others it takes
// as many as the agent is granted, and at least one write. Each argument that a write takes names it in its tag of: where the
// operation is not granted there is no argument, and what the capability file says about the operation's argument holds for it.
func planned[In any](name, did, description string, level d.Level, needs, uses []*d.Spec, plan func(context.Context, *Reads, In) ([]Step, error)) *Tool {
	t := newTask(reflect.TypeFor[In](), name, did, description, needs, uses)
	t.planned = func(ctx context.Context, r *Reads, in any) ([]Step, error) { return plan(ctx, r, *in.(*In)) }
	t.writes(level)
	return t
}

// writes makes a task one that writes.
func (t *Tool) writes(level d.Level) {
	t.Level = level
	t.Idempotent = false
	t.Destructive = level >= d.Send
	t.addRepeat()
	t.carries = sync.OnceValue(func() map[string][]Carried { return carriedBy(t.in, slices.Concat(t.Operations, t.Uses)) })
}

// Undoes reports whether the tool takes back what others did.
func (t *Tool) Undoes() bool { return t.Name == undoName }

// Plans reports whether the tool is a plan of several writes.
func (t *Tool) Plans() bool { return t.carries != nil }

// comparing makes the tool of a write to a conversation say what was there before, and send nothing where nothing would change,
// as [updateConversation] does with the same change.
func comparing[In any](same func(In) UpdateConversationIn) option {
	return func(t *Tool) {
		t.compared = func(ctx context.Context, r *Reads, in any) ([]Step, error) {
			return planUpdate(ctx, r, same(*in.(*In)))
		}
	}
}

// Compares reports whether the tool is one write that says what was there before, where the agent may read that.
func (t *Tool) Compares() bool { return t.compared != nil }

// Plan says what a write of the tool is to do, in order. What it must know for that, it reads.
func (t *Tool) Plan(ctx context.Context, c *d.Client, a *Arguments) ([]Step, error) {
	r := &Reads{Env: a.Env, Client: c}
	if t.Plans() {
		return t.planned(ctx, r, a.In)
	}
	if t.Compares() && r.Granted(d.GetConversation.Spec) {
		steps, err := t.compared(ctx, r, a.In)
		if err == nil || ctx.Err() != nil {
			return steps, err
		} // what cannot be read or planned otherwise is for Dixa to decide, which says what is wrong with the write itself
	}
	s := Step{In: a.In, send: func(ctx context.Context, c *d.Client) (Output, error) { return t.Run(ctx, c, a) }}
	if len(t.Operations) > 0 {
		s.Op = t.Operations[0]
	}
	return []Step{s}, nil
}

// Outcome says what came of a plan, for whoever asked for it.
func Outcome(arguments schemas.Values, steps []Step, as string) []view.Part {
	item, next := view.Item{}, ""
	if id, ok := arguments.Get("conversationId").Is.(json.Number); ok {
		item.Facts = append(item.Facts, view.Fact{Key: "id", Label: "Conversation", Value: id.String()})
	}
	for i, said := range Said(steps) {
		key, _, _ := strings.Cut(cmp.Or(steps[i].Key, steps[i].What), " ")
		item.Facts = append(append(item.Facts, view.Fact{Key: key, Value: said, Own: true}), steps[i].Details...)
		if item.Text == "" {
			item.Text = shownText(arguments, &steps[i])
		}
		next = cmp.Or(next, steps[i].Next)
	}
	if as != "" {
		item.Facts = append(item.Facts, view.Fact{Key: "as", Label: "as", Value: as, Own: true})
	}
	parts := []view.Part{{Name: "outcome", Items: []view.Item{item}}}
	if next != "" {
		parts = append(parts, view.Sentence("next", next))
	}
	return parts
}

// shownText returns the text of a step where the arguments do not hold it, and that of a draft.
func shownText(arguments schemas.Values, s *Step) string {
	if arguments.Get("text").Text() != "" && s.Op != d.AddNote.Spec {
		return ""
	}
	return s.Text
}

// Carried is an argument of an operation that an argument of a plan becomes; Argument is "" where it only says that the
// operation is to be carried out.
type Carried struct {
	Op       *d.Spec
	Argument string
	Actor    bool // it says in whose name all operations of the plan act
}

// Carries returns what an argument of a plan becomes; none where it says nothing to an operation.
func (t *Tool) Carries(argument string) []Carried {
	if t.carries == nil {
		return nil
	}
	return t.carries()[argument]
}

// Writes lists the operations of which the tool's plans are made; none for a tool that only reads.
func (t *Tool) Writes() []*d.Spec {
	return slices.DeleteFunc(slices.Concat(t.Operations, t.Uses), func(op *d.Spec) bool { return op.Level == d.Read })
}

// Covers lists the operations in whose place an agent with surface: tasks sees the tool. What a plan reads, it does not show, and
// what changes many conversations is not for changing one.
func (t *Tool) Covers() []*d.Spec {
	if t.Bulk {
		return nil
	}
	all := slices.Concat(t.Operations, t.Uses)
	if t.Plans() {
		all = t.Writes()
	}
	return slices.DeleteFunc(all, func(op *d.Spec) bool { return slices.Contains(t.beside, op) })
}

// carriedBy reads from a type's tags which arguments become which arguments of operations.
func carriedBy(in reflect.Type, uses []*d.Spec) map[string][]Carried {
	carries := map[string][]Carried{}
	for name, f := range d.Arguments(in) {
		for of := range strings.FieldsSeq(f.Tag.Get("of")) {
			operation, argument, _ := strings.Cut(of, ".")
			for _, op := range uses {
				actor := operation == "*" && slices.Contains(op.Actors(), argument)
				if op.Name == operation || actor {
					carries[name] = append(carries[name], Carried{op, argument, actor})
				}
			}
		}
	}
	return carries
}
