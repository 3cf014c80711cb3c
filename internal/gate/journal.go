package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/journal"
	"dixa-mcp/tools"
)

// Every call that writes is noted in the journal before it is carried out, and each of its steps before its request leaves. The
// same call a moment later is answered with the first answer; one whose process was killed in the middle is told.

// afterLimit is how much longer than the time limit of calls a call may be without news before it is taken to be interrupted.
const afterLimit = 15 * time.Second

// journaling notes in the journal what a call writes, and answers a call that is the same as one before.
type journaling struct {
	call  *call
	entry *journal.Entry // nil where the call is not noted
}

// remember notes a call that writes. If it is the same as an earlier one, it returns the answer, and nothing is to be sent. A
// journal that does not work stops no write: the audit log, without which there is none, says what was done.
func (j *journaling) remember(ctx context.Context, args *tools.Arguments) *Answer {
	c := j.call
	if c.tool.Level == dixaclient.Read || c.tool.Undoes() || c.tool.Bulk { // a job notes each conversation by itself
		return nil
	}
	rest, again := args.Repeat()
	e := journal.Entry{
		Call: c.record.Call, Agent: c.agentName, Key: c.request.credential(), Tool: c.tool.Name, Rules: c.rules.Digest(), Within: c.gate.timeout + afterLimit,
		Digest:  digestOf(c.agentName, c.request.credential(), c.tool.Name, string(rest)),
		Resumes: args.Answers(), // the plan looks what became of it
	}
	e.Changes, e.Names = things(c.tool.References(args))
	same, err := c.gate.journal.Begin(context.WithoutCancel(ctx), e, again)
	switch {
	case err != nil:
		c.log().Warn("a write was not noted: it will not be recognized if it is called again, and cannot be taken back", "call", e.Call, "agent", e.Agent, "tool", e.Tool, "error", err)
		return nil
	case same == nil:
		j.entry = &e
		return nil
	}
	a := j.repeats(ctx, same)
	return &a
}

// rememberOnce notes a call that is no repetition of any, once it is known what it changes: one that takes back others, or that is
// a part of a job.
func (j *journaling) rememberOnce(ctx context.Context, steps []tools.Step) {
	c := j.call
	e := journal.Entry{
		Call: c.record.Call, Agent: c.agentName, Key: c.request.credential(), Tool: c.tool.Name, Within: c.gate.timeout + afterLimit,
		Digest: digestOf(c.record.Call),
	}
	for _, s := range steps {
		changes, names := things(dixaclient.References(s.Op.Name, s.In))
		e.Changes, e.Names = append(e.Changes, changes...), append(e.Names, names...)
	}
	e.Changes, e.Names = unique(e.Changes), unique(e.Names)
	if _, err := c.gate.journal.Begin(context.WithoutCancel(ctx), e, true); err != nil {
		c.log().Warn("a write was not noted, so that an earlier call may be answered as if it had not been", "call", e.Call, "agent", e.Agent, "tool", e.Tool, "error", err)
		return
	}
	j.entry = &e
}

// changesMade lists what the call's agent changed with the same credential, newest first.
func (j *journaling) changesMade(ctx context.Context) ([]tools.Wrote, error) {
	c := j.call
	entries, err := c.gate.journal.Recent(ctx, c.agentName, c.request.credential())
	if err != nil {
		return nil, err
	}
	var all []tools.Wrote
	for _, e := range entries {
		w := tools.Wrote{Tool: e.Tool, At: e.Begun}
		for _, s := range e.Steps {
			var detail stepDetail
			if !s.State.Wrote() || json.Unmarshal(s.Detail, &detail) != nil {
				continue
			}
			w.Steps = append(w.Steps, tools.WroteStep{Operation: s.Operation, Says: detail.Says, In: detail.In, Was: detail.Was})
		}
		if len(w.Steps) > 0 {
			all = append(all, w)
		}
	}
	return all, nil
}

// stepDetail is what the journal keeps of a step, encrypted, so that it can be taken back.
type stepDetail struct {
	Says string          `json:"says,omitempty"` // what it changes, in our words: "queue: Billing → Returns"
	In   json.RawMessage `json:"in"`             // what undo needs of its request
	Was  string          `json:"was,omitempty"`  // what it changed, as Dixa had it: [tools.Step].State
}

// rememberSteps tells the journal, with the next change, what is to be done.
func (j *journaling) rememberSteps(steps []tools.Step) {
	if j.entry == nil {
		return
	}
	j.entry.Steps = make([]journal.Step, len(steps))
	for i, s := range steps {
		var detail stepDetail
		if s.What != "" {
			detail.Says = s.String()
		}
		var err error
		if detail.In, err = json.Marshal(undoNeeds(s)); err != nil {
			detail.In = nil // it will not be sent either
		}
		detail.Was = s.State
		text, _ := json.Marshal(detail) // texts and JSON always marshal
		j.entry.Steps[i] = journal.Step{Operation: s.Op.Name, Detail: text}
	}
}

// undoNeeds returns what [stepDetail] keeps of the request of a step. A message or a note cannot be taken back, and is not kept.
func undoNeeds(s tools.Step) any {
	if tools.TakesBack(s.Op) {
		return s.In
	}
	var ref dixaclient.ConversationRef
	ref.ConversationID, _ = dixaclient.ConversationOf(s.In)
	return ref
}

// things says what a call changes, which is what its path names and any conversation, and which customers it names besides.
func things(references []dixaclient.Reference) (changes, names []string) {
	for _, r := range references {
		thing := thingOf(r)
		switch {
		case r.InPath || r.Thing == dixaclient.ConversationThing:
			changes = append(changes, thing)
		case r.Thing == dixaclient.EndUserThing:
			names = append(names, thing)
		}
	}
	return unique(changes), unique(names)
}

func thingOf(r dixaclient.Reference) string { return string(r.Thing) + ":" + strings.ToLower(r.Value) }

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// digestOf returns the hash that binds together these parts.
func digestOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sending notes that a request of a write is about to leave.
func (j *journaling) sending(ctx context.Context, op *dixaclient.Call) {
	if s := j.noted(op); s != nil && s.State == "" {
		s.State = journal.Sent
		j.save(ctx)
	}
}

// sent notes what came of a request of a write. What is erased is forgotten.
func (j *journaling) sent(ctx context.Context, op *dixaclient.Call, err error) {
	s := j.noted(op)
	if s == nil {
		return
	}
	switch {
	case err == nil:
		s.State = journal.Done
	case effect(err) == audit.OutcomeUnknown:
		s.State = journal.Unknown
	default:
		s.State = journal.NotDone
	}
	if s != &j.entry.Steps[len(j.entry.Steps)-1] { // the end of the last is noted with the end of the call
		j.save(ctx)
	}
	if op.Op.Level == dixaclient.Erase && s.State.Wrote() {
		j.forget(ctx, op)
	}
}

// noted returns the step of the journal that an operation carries out, nil for none.
func (j *journaling) noted(op *dixaclient.Call) *journal.Step {
	if j.entry == nil || op.Op.Level == dixaclient.Read {
		return nil
	}
	at := 0
	if j.call.plan.step != nil {
		at = j.call.plan.step.number - 1
	}
	if at >= len(j.entry.Steps) {
		return nil
	}
	return &j.entry.Steps[at]
}

// settle notes the end of a call.
func (j *journaling) settle(ctx context.Context, outcome, answer string) {
	if j.entry == nil {
		return
	}
	j.entry.Outcome, j.entry.Answer = outcome, answer
	j.save(ctx)
	j.entry = nil
}

func (j *journaling) save(ctx context.Context) {
	if err := j.call.gate.journal.Save(context.WithoutCancel(ctx), *j.entry); err != nil {
		j.call.log().Warn("how far a write got was not noted: if it is called again, its caller is told to look first", "call", j.entry.Call, "agent", j.entry.Agent, "tool", j.entry.Tool, "error", err)
	}
}

// forget deletes from the journal what was written about something that was erased, and about the conversations of a customer.
func (j *journaling) forget(ctx context.Context, op *dixaclient.Call) {
	c := j.call
	references := dixaclient.References(op.Op.Name, op.In)
	changes, names := things(references)
	erased := slices.Concat(changes, names)
	for _, r := range references {
		if r.Thing != dixaclient.EndUserThing {
			continue
		}
		of := dixaclient.ListEndUserConversationsIn{EndUserRef: dixaclient.EndUserRef{UserID: dixaclient.UUID(r.Value)}}
		for page, err := range dixaclient.ListEndUserConversations.Pages(unpriced(c.context(ctx)), c.gate.lookups, of) {
			if err != nil {
				c.log().Warn("the conversations of an erased end user could not be listed: what was written to them is forgotten after an hour", "call", j.entry.Call, "agent", j.entry.Agent, "error", whyFailed(err))
				break
			}
			for _, conversation := range page.Value {
				erased = append(erased, fmt.Sprintf("%s:%d", dixaclient.ConversationThing, conversation.ID))
			}
		}
	}
	if err := c.gate.journal.Forget(context.WithoutCancel(ctx), j.entry.Call, erased...); err != nil {
		c.log().Warn("what was written about something that was erased could not be forgotten; it is forgotten after an hour", "call", j.entry.Call, "agent", j.entry.Agent, "error", err)
	}
}
