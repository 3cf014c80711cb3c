package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// UpdateConversationIn says what is to be different about one conversation.
type UpdateConversationIn struct {
	d.ConversationRef
	ConversationChange
	Parent   int64      `json:"parent,omitzero" names:"conversation" of:"link_conversation.parentId" check:"min=1" jsonschema_description:"conversation to link it to, for good"`
	LinkType d.LinkType `json:"linkType,omitzero" of:"link_conversation.linkType" jsonschema_description:"default Related"`
}

func (in *UpdateConversationIn) misfit() (field, problem string) {
	switch {
	case in.LinkType != "" && in.Parent == 0:
		return "linkType", "needs parent"
	case in.Parent != 0 && in.Parent == in.ConversationID:
		return "parent", "is the conversation itself"
	}
	if field, problem = in.ConversationChange.misfit(); problem == "" && in.nothing() && in.Parent == 0 {
		return "conversationId", "alone changes nothing: give at least one change"
	}
	return field, problem
}

var updateConversation = planned("update_conversation", "updated conversation {conversationId}",
	"Change a conversation in one call: what is given changes, the rest stays. Says what it was before.", d.Write,
	[]*d.Spec{d.GetConversation.Spec},
	[]*d.Spec{d.ListConversationTags.Spec, d.ListLinkedConversations.Spec, d.ReopenConversation.Spec, d.TagConversation.Spec, d.UntagConversation.Spec, d.SetConversationAttributes.Spec, d.TransferConversation.Spec,
		d.ClaimConversation.Spec, d.SetFollowup.Spec, d.LinkConversation.Spec, d.CloseConversation.Spec, d.AddNote.Spec},
	planUpdate)

// planUpdate puts the changes in the order that works: what is closed is opened first, a queue takes a conversation from its
// assignee, and a note, which cannot be repeated, comes last.
func planUpdate(ctx context.Context, r *Reads, in UpdateConversationIn) ([]Step, error) {
	was, err := readState(ctx, r, in.ConversationRef, len(in.Tag)+len(in.Untag) > 0)
	if err != nil {
		return nil, err
	}
	p := &updatePlan{reads: r, in: in, was: was}
	if in.Reopen {
		p.reopen()
	}
	p.tags()
	if err := p.attributes(); err != nil {
		return nil, err
	}
	if err := p.link(ctx); err != nil {
		return nil, err
	}
	for _, change := range []func() error{p.queue, p.assignee, p.followUp} {
		if err := change(); err != nil {
			return nil, err
		}
	}
	if in.Close {
		p.close()
	}
	if in.Note != "" {
		s := step(d.AddNote, d.AddNoteIn{ConversationRef: in.ConversationRef, Message: in.Note, AgentID: in.AgentID}, "note")
		s.After, s.Once = "added", true
		p.steps = append(p.steps, s)
	}
	return p.steps, nil
}

// updatePlan is a plan that changes a conversation.
type updatePlan struct {
	reads *Reads
	in    UpdateConversationIn
	was   *conversationState
	moves bool // a step before changes queue, assignee or state
	steps []Step
}

// add adds a step that changes what get reads from the conversation. What an earlier step of the plan changes is not compared
// again.
func (p *updatePlan) add(s Step, get func(*conversationState) string) {
	s.State = get(p.was)
	if !p.moves {
		s.Holds = p.was.holds(get)
	}
	p.steps = append(p.steps, s)
}

func (p *updatePlan) reopen() {
	s := step(d.ReopenConversation, d.ReopenConversationIn{ConversationRef: p.in.ConversationRef, AgentID: p.in.AgentID}, "state")
	s.Before, s.After, s.Same = p.was.stateWord(), "Open", p.was.State == "Open"
	p.change(s, stateOf)
}

func (p *updatePlan) close() {
	s := step(d.CloseConversation, d.CloseConversationIn{ConversationRef: p.in.ConversationRef, AgentID: p.in.AgentID}, "state")
	s.Before, s.After, s.Same = p.was.stateWord(), "Closed", p.was.State == "Closed"
	p.change(s, stateOf)
}

// change adds a step that moves the conversation.
func (p *updatePlan) change(s Step, get func(*conversationState) string) {
	p.add(s, get)
	p.steps[len(p.steps)-1].State = placeOf(p.was) // all that must be put back to take it back
	p.moves = p.moves || !s.Same
}

// tags adds a step for each tag that is added or removed.
func (p *updatePlan) tags() {
	for _, change := range []struct {
		op    d.Op[d.ConversationTagIn, d.None]
		tags  []d.UUID
		after string
		has   bool
	}{{d.TagConversation, p.in.Tag, "added", true}, {d.UntagConversation, p.in.Untag, "removed", false}} {
		for _, tag := range unique(change.tags) {
			s := step(change.op, d.ConversationTagIn{ConversationRef: p.in.ConversationRef, TagRef: d.TagRef{TagID: tag}}, "tag "+p.reads.shown(d.TagThing, string(tag)))
			s.After = change.after
			if p.was.tagged && p.was.has(tag) == change.has {
				s.Same, s.After = true, ""
			}
			p.add(s, func(c *conversationState) string {
				if !c.tagged {
					return ""
				}
				return strconv.FormatBool(c.has(tag))
			})
		}
	}
}

// attributes adds one step for all custom attributes that change, and says which of them do not.
func (p *updatePlan) attributes() error {
	var changed []d.CustomAttributeSetting
	var what []string
	var one Step
	for _, a := range p.in.Attributes {
		name, before := p.was.attribute(a.ID)
		if name == "" {
			name = p.reads.Name(d.AttributeThing, string(a.ID))
		}
		if name == "" {
			name = string(a.ID)
		}
		after, err := settingText(a)
		if err != nil {
			return err
		}
		if before == after {
			p.steps = append(p.steps, Step{Op: d.SetConversationAttributes.Spec, What: view.Value(name, true), Key: "attributes", Same: true})
			continue
		}
		changed = append(changed, a)
		one = Step{What: view.Value(name, true), Before: orNone(p.reads.option(a.ID, before)), After: orNone(p.reads.option(a.ID, after))}
		what = append(what, one.String())
	}
	if len(changed) == 0 {
		return nil
	}
	s := step(d.SetConversationAttributes, d.SetConversationAttributesIn{ConversationRef: p.in.ConversationRef, CustomAttributeSettings: d.CustomAttributeSettings{Attributes: changed}}, "attributes")
	s.Key, s.After = "attributes", strings.Join(what, ", ")
	if len(changed) == 1 {
		s.What, s.Before, s.After = one.What, one.Before, one.After
	}
	p.add(s, func(c *conversationState) string { return attributesOf(c, changed) })
	return nil
}

// link adds the step that links the conversation to its parent. A link to another parent is refused, since Dixa cannot unlink.
func (p *updatePlan) link(ctx context.Context) error {
	if p.in.Parent == 0 {
		return nil
	}
	kind := p.in.LinkType
	if kind == "" {
		kind = "Related"
	}
	s := step(d.LinkConversation, d.LinkConversationIn{ConversationRef: p.in.ConversationRef, ParentID: p.in.Parent, LinkType: kind}, "parent")
	s.After = strconv.FormatInt(p.in.Parent, 10)
	if l := p.was.Link; l != nil {
		if l.ParentID != p.in.Parent {
			return &d.InputError{Operation: "update_conversation", Field: "parent", Problem: fmt.Sprintf("cannot be changed: the conversation is linked to %d, and Dixa cannot unlink it", l.ParentID)}
		}
		s.Same = true
	} else if err := p.linked(ctx, &s); err != nil {
		return err
	}
	p.add(s, func(c *conversationState) string {
		if c.Link == nil {
			return ""
		}
		return strconv.FormatInt(c.Link.ParentID, 10)
	})
	return nil
}

// linked finds out from the parent whether the conversation is linked to it: Dixa does not tell all links of a child.
func (p *updatePlan) linked(ctx context.Context, s *Step) error {
	if !p.reads.Granted(d.ListLinkedConversations.Spec) {
		return nil
	}
	children, err := d.ListLinkedConversations.Do(ctx, p.reads.Client, d.ConversationRef{ConversationID: p.in.Parent})
	s.Same = slices.ContainsFunc(children.Value, func(c d.Conversation) bool { return c.ID == p.in.ConversationID })
	return err
}

// queue adds the step that moves the conversation to a queue, which takes it from its assignee.
func (p *updatePlan) queue() error {
	if p.in.Queue == "" {
		return nil
	}
	s := step(d.TransferConversation, d.TransferConversationIn{ConversationRef: p.in.ConversationRef, QueueID: p.in.Queue, AgentID: p.in.AgentID}, "queue")
	s.Before, s.After = "none", p.reads.shown(d.QueueThing, string(p.in.Queue))
	if p.was.Queue != nil {
		s.Before = p.reads.shown(d.QueueThing, string(p.was.Queue.ID))
	}
	if s.Before == s.After { // it is offered there again
		s.Before = ""
	}
	s.Same = placeOf(p.was) == strings.ToLower(string(p.in.Queue))+" Open "
	if p.was.Assignment != nil && p.in.Assignee == "" {
		s.After += " (taken from " + p.reads.shown(d.AgentThing, string(p.was.Assignment.AgentID)) + ")"
	}
	if s.Same {
		s.After = ""
	}
	p.change(s, placeOf)
	return nil
}

// assignee adds the step that assigns the conversation. It is taken from somebody else only with force, or after a change of queue.
func (p *updatePlan) assignee() error {
	if p.in.Assignee == "" {
		return nil
	}
	s := step(d.ClaimConversation, d.ClaimConversationIn{ConversationRef: p.in.ConversationRef, AgentID: d.ActingAgent(p.in.Assignee), Force: p.in.Force}, "assigned to")
	s.Before, s.After = "nobody", p.reads.shown(d.AgentThing, string(p.in.Assignee))
	if a := p.was.Assignment; a != nil {
		s.Before = p.reads.shown(d.AgentThing, string(a.AgentID))
		same := strings.EqualFold(string(a.AgentID), string(p.in.Assignee))
		s.Same = same && p.was.State == "Open" && !p.moves
		if !same && !p.moves && !p.in.Force {
			return &d.InputError{Operation: "update_conversation", Field: "assignee", Problem: "cannot be set: the conversation is assigned to " + s.Before + "; nothing was changed. Only force takes it from there, or queue, which offers it again"}
		}
	}
	if s.Same {
		s.After = ""
	}
	p.change(s, placeOf)
	return nil
}

func (p *updatePlan) followUp() error {
	if p.in.FollowUp.IsZero() {
		return nil
	}
	if p.was.State == "Closed" && !p.moves {
		return &d.InputError{Operation: "update_conversation", Field: "followUp", Problem: "needs an open conversation; give reopen as well"}
	}
	s := step(d.SetFollowup, d.SetFollowupIn{ConversationRef: p.in.ConversationRef, Timestamp: p.in.FollowUp, AgentID: p.in.AgentID}, "state")
	s.Before, s.After = p.was.stateWord(), "Pending until "+p.in.FollowUp.In(p.reads.Zone()).Format("Mon 2 Jan 2006 15:04 MST")
	if p.moves {
		s.Before = "Open"
	}
	p.change(s, stateOf)
	return nil
}

// option writes the value of a custom attribute in labels, as far as the agent may read them.
func (r *Reads) option(attribute d.UUID, value string) string {
	var path []string
	if json.Unmarshal([]byte(value), &path) != nil {
		return value
	}
	return r.path(string(attribute), path...)
}

// orNone returns a value as the answer shows it.
func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return view.Value(value, true)
}

// settingText returns what a custom attribute is set to, in the form of [conversationState.attribute].
func settingText(a d.CustomAttributeSetting) (string, error) {
	switch {
	case a.Clear:
		return "", nil
	case a.Value != nil:
		return *a.Value, nil
	}
	text, err := json.Marshal(a.Values)
	return string(text), err
}

func unique(ids []d.UUID) []d.UUID {
	var once []d.UUID
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
}

// problemOf returns what is wrong with an argument, without where.
func problemOf(err error) string {
	if e, ok := err.(*d.InputError); ok {
		return e.Problem
	}
	return err.Error()
}
