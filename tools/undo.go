package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
)

// UndoIn says whose last change is taken back: without a conversation it is the last of all.
type UndoIn struct {
	ConversationID int64 `json:"conversationId,omitzero" check:"min=1"`
}

// Wrote is a call that changed something in the last hour.
type Wrote struct {
	Tool  string
	At    time.Time
	Steps []WroteStep
}

// WroteStep is one of its operations.
type WroteStep struct {
	Operation string
	Says      string          // what it changed: "queue: Billing → Returns"
	In        json.RawMessage // its request; of an operation that cannot be taken back, its conversation
	Was       string          // the [Step.State] that it was planned from; "" where nothing was read before
}

const undoName = "undo"

var undo = aside(planned(undoName, "took back a change",
	"Take back your own last change to a conversation, made in the last hour: tags, queue, assignee, attributes, state. Messages and notes stay.", d.Write,
	[]*d.Spec{d.GetConversation.Spec},
	[]*d.Spec{d.ListConversationTags.Spec, d.ReopenConversation.Spec, d.TagConversation.Spec, d.UntagConversation.Spec, d.SetConversationAttributes.Spec, d.TransferConversation.Spec,
		d.ClaimConversation.Spec, d.CloseConversation.Spec},
	planUndo))

// planUndo takes back the newest call. One of which all that can be put back is as it was before was taken back already.
func planUndo(ctx context.Context, r *Reads, in UndoIn) ([]Step, error) {
	calls, err := r.Wrote(ctx)
	if err != nil {
		return nil, errors.New("undo: what was changed cannot be read at the moment; nothing was sent; try again later, or change it with another tool")
	}
	for _, call := range calls {
		about, ok := aboutOne(call.Steps)
		if call.Tool == undoName || !ok || in.ConversationID != 0 && in.ConversationID != about {
			continue
		}
		p := &undoPlan{reads: r}
		if p.was, err = readState(ctx, r, d.ConversationRef{ConversationID: about}, true); err != nil {
			return nil, err
		}
		for _, s := range slices.Backward(call.Steps) {
			if err := p.back(s); err != nil {
				return nil, err
			}
		}
		if p.done == 0 || slices.ContainsFunc(p.steps, func(s Step) bool { return !s.Same }) {
			return p.steps, nil
		}
	}
	return nil, errors.New("undo: you changed nothing in the last hour that can be taken back here; check the conversation, and change it with another tool if that is needed")
}

// aboutOne returns the conversation that all steps are about.
func aboutOne(steps []WroteStep) (id int64, ok bool) {
	for _, s := range steps {
		var ref d.ConversationRef
		if json.Unmarshal(s.In, &ref) != nil || ref.ConversationID == 0 || id != 0 && id != ref.ConversationID {
			return 0, false
		}
		id = ref.ConversationID
	}
	return id, id != 0
}

// undoPlan is a plan that takes back the steps of a call.
type undoPlan struct {
	reads  *Reads
	was    *conversationState // as it is now
	steps  []Step
	done   int  // steps that are as they were before already
	placed bool // queue, assignee and state were looked at
}

// stays adds that something is not taken back.
func (p *undoPlan) stays(s WroteStep, why string) {
	what, _, _ := strings.Cut(s.Says, ":")
	if what == "" {
		what = s.Operation
	}
	p.steps = append(p.steps, Step{What: what, After: "not taken back (" + why + ")", Same: true})
}

// put adds a step that puts something back, if it is still as the call left it.
func (p *undoPlan) put(s WroteStep, now, was, after string, back ...Step) {
	what, _, _ := strings.Cut(s.Says, ":")
	switch {
	case now == was:
		p.done++
		p.steps = append(p.steps, Step{What: what, Same: true})
		return
	case now != after:
		p.stays(s, "it was changed since")
		return
	}
	for _, b := range back {
		if !b.Same && !p.reads.May(b.Op, b.In) {
			p.stays(s, "needs "+b.Op.Name+", which is not granted for it")
			return
		}
	}
	p.steps = append(p.steps, back...)
}

// takenBack are the operations that can be taken back, each with what does.
var takenBack = map[string]func(*undoPlan, WroteStep) error{
	d.TagConversation.Spec.Name:           (*undoPlan).tag,
	d.UntagConversation.Spec.Name:         (*undoPlan).tag,
	d.SetConversationAttributes.Spec.Name: (*undoPlan).attributes,
	d.TransferConversation.Spec.Name:      (*undoPlan).place,
	d.ClaimConversation.Spec.Name:         (*undoPlan).place,
	d.CloseConversation.Spec.Name:         (*undoPlan).place,
	d.ReopenConversation.Spec.Name:        (*undoPlan).place,
	d.SetFollowup.Spec.Name:               (*undoPlan).place,
}

// TakesBack reports whether undo can take back an operation, for which it needs the request. Of others it needs the conversation.
func TakesBack(op *d.Spec) bool { return takenBack[op.Name] != nil }

// back takes back one step of a call.
func (p *undoPlan) back(s WroteStep) error {
	if back := takenBack[s.Operation]; back != nil {
		return back(p, s)
	}
	p.stays(s, "Dixa cannot take it back")
	return nil
}

func (p *undoPlan) tag(s WroteStep) error {
	var in d.ConversationTagIn
	if err := json.Unmarshal(s.In, &in); err != nil {
		return err
	}
	if s.Was == "" || !p.was.tagged {
		p.stays(s, "whether it was there before is not known")
		return nil
	}
	op, after, word := d.UntagConversation, "true", "removed"
	if s.Operation == d.UntagConversation.Spec.Name {
		op, after, word = d.TagConversation, "false", "added"
	}
	has := func(c *conversationState) string { return fmt.Sprint(c.has(in.TagID)) }
	b := step(op, in, "tag "+p.reads.shown(d.TagThing, string(in.TagID)))
	b.After, b.State, b.Holds = word, has(p.was), p.was.holds(has)
	p.put(s, has(p.was), s.Was, after, b)
	return nil
}

func (p *undoPlan) attributes(s WroteStep) error {
	var in d.SetConversationAttributesIn
	var was []string
	if err := errors.Join(json.Unmarshal(s.In, &in), json.Unmarshal([]byte(s.Was), &was)); err != nil || len(was) != len(in.Attributes) {
		p.stays(s, "what it was before is not known")
		return nil
	}
	back := d.SetConversationAttributesIn{ConversationRef: in.ConversationRef}
	var before, after []string
	for i, a := range in.Attributes {
		value, err := settingText(a)
		if err != nil {
			return err
		}
		_, old, _ := strings.Cut(was[i], "=")
		before, after = append(before, string(a.ID)+"="+old), append(after, string(a.ID)+"="+value)
		setting := d.CustomAttributeSetting{ID: a.ID, Clear: old == ""}
		if path := []string{}; old != "" && a.Values != nil && json.Unmarshal([]byte(old), &path) == nil {
			setting.Values = path
		} else if old != "" {
			setting.Value = &old
		}
		back.Attributes = append(back.Attributes, setting)
	}
	get := func(c *conversationState) string { return attributesOf(c, in.Attributes) }
	b := step(d.SetConversationAttributes, back, "attributes")
	b.After, b.State, b.Holds = "put back", get(p.was), p.was.holds(get)
	p.put(s, get(p.was), listText(before), listText(after), b)
	return nil
}

// place puts a conversation back to its queue, assignee and state.
func (p *undoPlan) place(s WroteStep) error {
	var in struct {
		d.ConversationRef
		QueueID, AgentID string
	}
	if err := json.Unmarshal(s.In, &in); err != nil {
		return err
	}
	if p.placed { // all steps of a call that move it were planned from the same place
		return nil
	}
	p.placed = true
	was := strings.Split(s.Was, " ")
	if len(was) != 3 {
		p.stays(s, "where it was before is not known")
		return nil
	}
	queue, state, assignee := was[0], was[1], was[2]
	if state == "Pending" || queue == "" {
		p.stays(s, "it was set aside, or in no queue, which cannot be put back")
		return nil
	}
	now, after := strings.Split(placeOf(p.was), " "), ""
	switch s.Operation { // what the call left
	case d.TransferConversation.Spec.Name:
		after = strings.ToLower(in.QueueID) + " Open "
	case d.ClaimConversation.Spec.Name:
		after = now[0] + " Open " + strings.ToLower(in.AgentID)
	case d.CloseConversation.Spec.Name:
		after = now[0] + " Closed " + now[2]
	case d.ReopenConversation.Spec.Name:
		after = now[0] + " Open " + now[2]
	case d.SetFollowup.Spec.Name:
		after = now[0] + " Pending " + now[2]
	}
	p.put(s, placeOf(p.was), s.Was, after, p.toPlace(in.ConversationRef, queue, state, assignee, as(s, in.AgentID))...)
	return nil
}

// as says in whose name the step acted: for a claim that is the assignee.
func as(s WroteStep, agent string) d.ActingAgent {
	if s.Operation == d.ClaimConversation.Spec.Name {
		return ""
	}
	return d.ActingAgent(agent)
}

// toPlace returns the steps that bring the conversation to a place: into the queue, which opens it, to its assignee, and closed.
func (p *undoPlan) toPlace(ref d.ConversationRef, queue, state, assignee string, agent d.ActingAgent) (steps []Step) {
	s := step(d.TransferConversation, d.TransferConversationIn{ConversationRef: ref, QueueID: d.UUID(queue), AgentID: agent}, "queue")
	s.After, s.State = p.reads.shown(d.QueueThing, queue), placeOf(p.was)
	switch {
	case p.was.Queue == nil:
	case !strings.EqualFold(string(p.was.Queue.ID), queue):
		s.Before = p.reads.shown(d.QueueThing, string(p.was.Queue.ID))
	case p.was.State != "Open": // it stays in its queue, and is opened
		s.What, s.Before, s.After = "state", p.was.State, "Open"
	}
	s.Holds = p.was.holds(placeOf)
	steps = append(steps, s)
	if assignee != "" {
		s := step(d.ClaimConversation, d.ClaimConversationIn{ConversationRef: ref, AgentID: d.ActingAgent(assignee)}, "assigned to")
		if s.After = p.reads.shown(d.AgentThing, assignee); !p.reads.May(s.Op, s.In) {
			s.Same, s.After = true, "not taken back to "+s.After+" (needs "+s.Op.Name+", which is not granted for it)"
		}
		steps = append(steps, s)
	}
	if state == "Closed" {
		s := step(d.CloseConversation, d.CloseConversationIn{ConversationRef: ref, AgentID: agent}, "state")
		s.Before, s.After = "Open", "Closed"
		steps = append(steps, s)
	}
	return steps
}
