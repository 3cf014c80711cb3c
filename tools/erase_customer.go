package tools

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
)

// EraseCustomerIn says whose personal data is to be erased, and what may be done about conversations that are open.
type EraseCustomerIn struct {
	Customer d.UUID `json:"customer" names:"end user" of:"anonymize_end_user.userId"`
	Close    bool   `json:"close,omitzero" of:"close_conversation" jsonschema_description:"close what is open first"`
	Force    bool   `json:"force,omitzero" of:"anonymize_end_user.force anonymize_conversation.force" jsonschema_description:"let Dixa close what is open"`
}

func (in *EraseCustomerIn) misfit() (field, problem string) {
	if in.Close && in.Force {
		return "force", "cannot be given together with close"
	}
	return "", ""
}

const (
	// mostErased is how many conversations one call erases; further ones are for the next call.
	mostErased = 100
	// mostConfirmed is how many of them Dixa is asked about afterwards.
	mostConfirmed = 20
	// confirmLooks is how often Dixa is asked whether the customer is erased, and confirmEvery the time between.
	confirmLooks, confirmEvery = 3, 2 * time.Second
	// eachConversation is what the steps change that are about a conversation.
	eachConversation = "conversation"
)

var eraseCustomer = onlyNamed(beside(planned("erase_customer", "requested the erasure of customer {customer}",
	"Erase a customer's personal data with all their conversations, for good. Names open conversations, which block it.", d.Erase,
	[]*d.Spec{d.ListEndUserConversations.Spec},
	[]*d.Spec{d.GetAnonymization.Spec, d.CloseConversation.Spec, d.AnonymizeConversation.Spec, d.AnonymizeEndUser.Spec},
	planErasure), d.CloseConversation.Spec, d.AnonymizeConversation.Spec))

// planErasure closes what is open, as far as it may, erases each conversation and then the customer: Dixa does not document whether
// it erases the conversations of an erased customer.
func planErasure(ctx context.Context, r *Reads, in EraseCustomerIn) ([]Step, error) {
	e := &erasure{reads: r, in: in, user: d.EndUserRef{UserID: in.Customer}}
	was, err := e.conversations(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	var open []string
	for i := range was {
		if isOpen(&was[i]) {
			open = append(open, strconv.FormatInt(was[i].ID, 10))
		}
	}
	if len(open) > 0 && !in.Close && !in.Force {
		return nil, &d.InputError{Operation: "erase_customer", Field: "customer", Problem: e.blocked(open)}
	}
	rest := was[min(len(was), mostErased):]
	for _, c := range was[:len(was)-len(rest)] {
		e.conversation(c)
	}
	if len(was) > 0 && !r.Granted(d.AnonymizeConversation.Spec) {
		e.steps = append(e.steps, Step{Op: d.AnonymizeConversation.Spec, What: "conversations", After: "not asked for one by one, since anonymize_conversation is not granted", Same: true})
	}
	if len(rest) > 0 {
		e.steps = append(e.steps, Step{Op: d.AnonymizeEndUser.Spec, What: "customer", After: fmt.Sprintf("not yet: %d conversations are left; make the same call again", len(rest)), Same: true})
		return e.steps, nil
	}
	e.customer(was)
	return e.steps, nil
}

// erasure is a plan that erases a customer.
type erasure struct {
	reads *Reads
	in    EraseCustomerIn
	user  d.EndUserRef
	steps []Step
	asked []asked
}

// asked is a request for erasure that Dixa took.
type asked struct {
	id   d.UUID
	said *string
}

// conversations lists those of the customer that are not erased.
func (e *erasure) conversations(ctx context.Context, c *d.Client) (all []d.Conversation, err error) {
	for page, err := range d.ListEndUserConversations.Pages(ctx, c, d.ListEndUserConversationsIn{EndUserRef: e.user, Page: d.Page{PageLimit: customerPage}}) {
		if err != nil {
			return nil, err
		}
		for _, one := range page.Value {
			if one.AnonymizedAt.IsZero() {
				all = append(all, one)
			}
		}
	}
	return all, nil
}

// blocked says what prevents erasing the customer, and what to do about it.
func (e *erasure) blocked(open []string) string {
	how := "they must be closed first"
	if e.reads.Granted(d.CloseConversation.Spec) {
		how = "with close, they are closed first"
	}
	is := "conversations %s are open"
	if len(open) == 1 {
		is, how = "conversation %s is open", strings.NewReplacer("they must", "it must", "they are", "it is").Replace(how)
	}
	return fmt.Sprintf("cannot be erased yet: "+is+"; nothing was erased or closed; %s", strings.Join(open, ", "), how)
}

// conversation adds the steps that close a conversation, where it is open, and erase it.
func (e *erasure) conversation(c d.Conversation) {
	ref, what := d.ConversationRef{ConversationID: c.ID}, fmt.Sprintf(eachConversation+" %d", c.ID)
	holds := func(ctx context.Context, client *d.Client, _ time.Time) (bool, error) {
		now, err := d.GetConversation.Do(ctx, client, d.GetConversationIn{ConversationRef: ref})
		return now.Value.State == c.State && now.Value.AnonymizedAt.IsZero(), err
	}
	closes := isOpen(&c) && e.in.Close
	if closes {
		s := step(d.CloseConversation, d.CloseConversationIn{ConversationRef: ref}, what)
		s.Each, s.Before, s.After, s.State, s.Holds = eachConversation, vocabulary.States.Word(c.State), vocabulary.States.Word("Closed"), c.State, holds
		e.steps = append(e.steps, s)
	}
	if !e.reads.Granted(d.AnonymizeConversation.Spec) {
		return
	}
	s := erases(e, d.AnonymizeConversation, d.AnonymizeConversationIn{ConversationRef: ref, Force: isOpen(&c) && e.in.Force}, what, func(ctx context.Context, client *d.Client) (bool, error) {
		now, err := d.GetConversation.Do(ctx, client, d.GetConversationIn{ConversationRef: ref})
		return err == nil && !isOpen(&now.Value), err
	})
	s.Each = eachConversation
	if s.State = c.State; !closes {
		s.Holds = holds
	}
	e.steps = append(e.steps, s)
}

// customer adds the last step. It is not carried out where the customer has written in between.
func (e *erasure) customer(was []d.Conversation) {
	s := erases(e, d.AnonymizeEndUser, d.AnonymizeEndUserIn{EndUserRef: e.user, Force: e.in.Force}, "customer", func(ctx context.Context, client *d.Client) (bool, error) {
		now, err := e.conversations(ctx, client)
		return err == nil && !anyOpen(now), err
	})
	known := map[int64]bool{}
	for _, c := range was {
		known[c.ID] = true
		s.State += fmt.Sprintf("%d ", c.ID)
	}
	s.Holds = func(ctx context.Context, client *d.Client, _ time.Time) (bool, error) {
		now, err := e.conversations(ctx, client)
		for i := range now {
			if !known[now[i].ID] || isOpen(&now[i]) && !e.in.Force {
				return false, err
			}
		}
		return true, err
	}
	send := s.send
	s.send = func(ctx context.Context, client *d.Client) (Output, error) {
		out, err := send(ctx, client)
		if err == nil {
			e.confirm(ctx, client)
		}
		return out, err
	}
	e.steps = append(e.steps, s)
}

func anyOpen(list []d.Conversation) bool {
	for i := range list {
		if isOpen(&list[i]) {
			return true
		}
	}
	return false
}

// erases returns a step that asks Dixa to erase something. Dixa refuses a second request with the same status as one about something
// open; before tells whether it was asked for before.
func erases[In any](e *erasure, op d.Op[In, d.Anonymization], in In, what string, before func(context.Context, *d.Client) (bool, error)) Step {
	s := step(op, in, what)
	s.After, s.said = "erase", new(string)
	s.send = func(ctx context.Context, c *d.Client) (Output, error) {
		a, err := op.Do(ctx, c, in)
		var failed *d.Error
		if errors.As(err, &failed) && failed.Status == http.StatusConflict {
			if was, unknown := before(ctx, c); was && unknown == nil {
				*s.said = "erasure was requested before"
				return Output{}, nil
			}
		}
		if err != nil {
			return Output{}, err
		}
		*s.said = "erasure requested"
		e.asked = append(e.asked, asked{a.Value.ID, s.said})
		return Output{}, nil
	}
	return s
}

// confirm asks Dixa how far the erasure is, and says of the customer how to ask later: a conversation itself says when it was erased.
// The requests stand whatever comes of that.
func (e *erasure) confirm(ctx context.Context, c *d.Client) {
	for i := range e.asked {
		a := &e.asked[len(e.asked)-1-i] // the customer first
		if !e.reads.Granted(d.GetAnonymization.Spec) {
			if i == 0 {
				*a.said += ", request " + string(a.id)
			}
			continue
		}
		looks := 1
		switch {
		case i == 0:
			looks = confirmLooks
		case i > mostConfirmed:
			*a.said += ", confirmation not looked up"
			continue
		}
		e.reads.tell("asking Dixa how far the erasure is, %d of %d", i+1, min(len(e.asked), mostConfirmed+1))
		if e.look(ctx, c, a, looks) {
			continue
		}
		if *a.said += ", not processed yet"; i == 0 {
			*a.said += "; to ask later: " + called(d.GetAnonymization.Spec.Name, d.GetAnonymizationIn{RequestID: a.id})
		}
	}
}

// look asks Dixa several times whether it has processed a request, and says it.
func (e *erasure) look(ctx context.Context, c *d.Client, a *asked, looks int) bool {
	for n := range looks {
		if n > 0 && e.reads.Sleep(ctx, confirmEvery) != nil {
			return false
		}
		now, err := d.GetAnonymization.Do(ctx, c, d.GetAnonymizationIn{RequestID: a.id})
		if err != nil {
			return false
		}
		if !now.Value.ProcessedAt.IsZero() {
			*a.said = "erased, as Dixa confirms"
			return true
		}
	}
	return false
}

// onlyNamed marks a task tool that the capability file must name.
func onlyNamed(t *Tool) *Tool {
	t.Named = true
	return t
}
