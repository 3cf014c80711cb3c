package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

const (
	// reviewed is how many messages of the conversation an approver sees, the last ones.
	reviewed = 10
	// reviewWithin is how long an approver waits for Dixa. What was parked is shown without it.
	reviewWithin = 10 * time.Second
)

// Review reads what an approver needs to decide about a parked call. It has no privileges of its own: it reads as the agent that
// asked, under the rules in force, with its grants and inside its bound, at Dixa's rate limit, and names in the record who read.
// The agent's budget is not used. It never fails: what cannot be read is missing, and Note says why.
func (g *Gate) Review(ctx context.Context, r approval.Request, approver, keyID string) approval.Review {
	seen := approval.Review{Conversation: r.Conversation}
	customer := customerIn(r)
	if r.Conversation == 0 && customer == "" {
		seen.Note = "This call is about no conversation and no customer, so nothing was read in Dixa."
		return seen
	}
	rv := &review{Review: &seen, ref: dixaclient.ConversationRef{ConversationID: r.Conversation}, requester: customer}
	parts := []func(context.Context) error{rv.conversation, rv.messages, rv.customer}
	if r.Conversation == 0 {
		parts = parts[2:]
	}
	rv.read(ctx, g, r, parts, approver, keyID)
	if rv.newest != "" || rv.listed {
		seen.Overtaken = rv.newest != r.LastMessage
	}
	return seen
}

// ReviewSent reads a message that an agent sent, and the one before it, for an approver who reviews what was sent: records hold no
// text. It reads like [Gate.Review], with the privileges of the agent and with a record. What was sent for a person is not read,
// since a record does not say which agents that person may still use.
func (g *Gate) ReviewSent(ctx context.Context, sent audit.Record, conversation int64, approver, keyID string) approval.Review {
	seen := approval.Review{Conversation: conversation}
	if sent.Person != "" {
		seen.Note = "Dixa was not read: the agent acted for " + safetext.Show(sent.Person) + ", as whom nobody else reads."
		return seen
	}
	rv := &review{Review: &seen, ref: dixaclient.ConversationRef{ConversationID: conversation}, sent: sent.Time}
	r := approval.Request{Agent: sent.Agent, Key: sent.Key, Conversation: conversation, Number: sent.Approval}
	rv.read(ctx, g, r, []func(context.Context) error{rv.messages}, approver, keyID)
	return seen
}

// read reads these parts as the agent of a request, and records that.
func (v *review) read(ctx context.Context, g *Gate, r approval.Request, parts []func(context.Context) error, approver, keyID string) {
	ctx, cancel := context.WithTimeoutCause(ctx, reviewWithin, errors.New("no answer came from Dixa in time"))
	defer cancel()
	c, err := g.asAsked(ctx, r, readTool)
	if err != nil {
		v.Note = "Dixa was not read: " + sentenceOf(err.Error())
		return
	}
	v.call = c
	defer func() {
		if p := recover(); p != nil {
			c.log().Error("a review ended because of a defect", "approval", r.Number, "panic", describePanic(p), "stack", string(debug.Stack()))
			v.Note = "Dixa was not read, because of a defect in dixa-mcp."
		}
	}()
	ctx = unpriced(c.context(ctx))
	for _, read := range parts {
		if err = read(ctx); err != nil {
			v.Note = "Something could not be read in Dixa: " + sentenceOf(strings.TrimSuffix(err.Error(), nothingSent))
			break
		}
	}
	v.Live = v.any
	if v.Live {
		v.Read = g.now()
	}
	purpose := "to decide about " + r.Number
	if !v.sent.IsZero() {
		purpose = "to review what was sent"
	}
	c.recordReview(ctx, r, approver, keyID, purpose, err)
}

// customerIn returns the customer whom the arguments of a parked call name, "" for none.
func customerIn(r approval.Request) dixaclient.UUID {
	t, ok := tools.ByName(r.Tool)
	if !ok {
		return ""
	}
	args, err := t.Read(r.Arguments)
	if err != nil { // another version parked it
		return ""
	}
	for _, named := range t.References(args) {
		if named.Thing == dixaclient.EndUserThing && uuid.Is(named.Value) {
			return dixaclient.UUID(named.Value)
		}
	}
	return ""
}

// readTool names the tool as which a review is recorded.
const readTool = "read_conversation"

// asAsked begins a call of the agent that asked for an approval, for the same person, under the rules in force.
func (g *Gate) asAsked(ctx context.Context, r approval.Request, tool string) (*call, error) {
	request, err := requestOf(r)
	if err != nil {
		return nil, err
	}
	request.Tool = tool
	c := g.begin(request)
	c.tool, _ = tools.ByName(tool)
	if c.agent, err = c.rules.Agent(c.agentName); err != nil {
		return nil, err
	}
	c.seen = c.info()
	if err := c.checkFrozen(); err != nil {
		return nil, err
	}
	if err := c.stillTheirs(); err != nil {
		return nil, err
	}
	return c, c.actAsCaller(unpriced(c.context(ctx)))
}

// requestOf returns who asked for an approval, and how.
func requestOf(r approval.Request) (Request, error) {
	request := Request{Agent: r.Agent, Key: r.Key, AskApprover: true}
	if r.Person == "" {
		return request, nil
	}
	request.Person = &capability.Person{}
	if err := json.Unmarshal(r.SignedIn, request.Person); err != nil || request.Person.String() != r.Person {
		return Request{}, fmt.Errorf("it is not known any more for whom %s asked for %s", r.Agent, r.Number)
	}
	return request, nil
}

// stillTheirs refuses a call on behalf of a person whom the rules do not give the agent any more.
func (c *call) stillTheirs() error {
	if p := c.request.Person; p != nil && !slices.Contains(c.rules.AgentsFor(p), c.agentName) {
		return fmt.Errorf("%s may not use agent %s any more", p, c.agentName)
	}
	return nil
}

// review is one on its way.
type review struct {
	call *call
	*approval.Review
	ref       dixaclient.ConversationRef
	requester dixaclient.UUID
	sent      time.Time // when the message was sent that is looked for; zero: the last messages are
	any       bool      // something was read
	listed    bool      // the messages were
	newest    string    // id of the newest message
}

// may reports whether the agent is granted what is to be read, and notes it otherwise.
func (v *review) may(what string, op *dixaclient.Spec) bool {
	if v.call.agent.Operation(op.Name).Allowed {
		return true
	}
	v.LeftOut = append(v.LeftOut, what+" ("+op.Name+" is not granted to "+v.call.agentName+")")
	return false
}

// done judges a read. A part that the agent may not read with these arguments is left out.
func (v *review) done(what string, err error) (read bool, _ error) {
	denied, refused := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		v.any = true
		return true, nil
	case refused && denied.denied && denied.reads == nil:
		v.LeftOut = append(v.LeftOut, what+" (not granted for it)")
		return false, nil
	}
	return false, err
}

// conversation reads the subject, the channel, the queue and the state.
func (v *review) conversation(ctx context.Context) error {
	if !v.may("the conversation", dixaclient.GetConversation.Spec) {
		return nil
	}
	a, err := dixaclient.GetConversation.Do(ctx, v.call.gate.client, dixaclient.GetConversationIn{ConversationRef: v.ref})
	if ok, err := v.done("the conversation", err); !ok {
		return err
	}
	was := &a.Value
	v.Subject, v.requester = safetext.Show(was.Subject), was.RequesterID
	v.Channel, v.State = vocabulary.Channels.Word(was.Channel), vocabulary.States.Word(was.State)
	if was.Queue != nil {
		v.Queue = cmp.Or(v.call.names(ctx)(string(dixaclient.QueueThing), string(was.Queue.ID)), string(was.Queue.ID))
	}
	v.To = safetext.Show(tools.CustomerAddress(a.Raw))
	return nil
}

// customer reads who gets what is sent.
func (v *review) customer(ctx context.Context) error {
	if v.requester.Check() != nil || !v.may("the customer", dixaclient.GetEndUser.Spec) {
		return nil
	}
	a, err := dixaclient.GetEndUser.Do(ctx, v.call.gate.client, dixaclient.EndUserRef{UserID: v.requester})
	if ok, err := v.done("the customer", err); !ok {
		return err
	}
	v.Customer = approval.Customer{Name: safetext.Show(a.Value.DisplayName), Email: safetext.Show(a.Value.Email), Phone: safetext.Show(a.Value.PhoneNumber)}
	v.To = cmp.Or(v.To, v.Customer.Email, v.Customer.Phone)
	return nil
}

// messages reads the last messages.
func (v *review) messages(ctx context.Context) error {
	if !v.may("the messages", dixaclient.ListMessages.Spec) {
		return nil
	}
	a, err := dixaclient.ListMessages.Do(ctx, v.call.gate.client, dixaclient.ListMessagesIn{ConversationRef: v.ref})
	if ok, err := v.done("the messages", err); !ok {
		return err
	}
	v.listed = true
	if n := len(a.Value); n > 0 {
		v.newest = string(a.Value[n-1].ID)
	}
	v.Earlier = max(0, len(a.Value)-reviewed)
	o := tools.Thread()
	o.Newest = true
	if !v.sent.IsZero() {
		at := v.sentAt(a.Value)
		if at < 0 {
			v.any = false
			return errors.New("the conversation has no message to the customer from that time any more")
		}
		v.Earlier, o.Newest = max(0, at-1), false
		defer func() { v.Messages = v.Messages[:min(len(v.Messages), at-v.Earlier+1)] }()
	}
	o.Skip, o.Form = v.Earlier, view.AsText
	o.Again = func(int, int) string { return "the conversation in Dixa" }
	o.Names = v.call.names(ctx)
	o.Zone = func() *time.Location { return v.call.shownZone(ctx) }
	text, err := view.Render(ctx, a.Raw, o)
	if err != nil {
		return err
	}
	v.Thread = safetext.Lines(text.Text)
	o.Form = view.AsJSON
	data, err := view.Render(ctx, a.Raw, o)
	if err != nil {
		return err
	}
	return v.asData(ctx, data.Text, a.Value)
}

// sentWithin is how far the time of a message at Dixa may be from that of the record.
const sentWithin = 5 * time.Minute

// sentAt returns the place of the message to the customer that is nearest to the time of the record, -1 for none.
func (v *review) sentAt(all []dixaclient.Message) int {
	found, nearest := -1, sentWithin
	for i, m := range all {
		if away := m.CreatedAt.Sub(v.sent).Abs(); m.Attributes.Direction == "Outbound" && away <= nearest {
			found, nearest = i, away
		}
	}
	return found
}

// asData fills in the messages as data. The oldest of them may have been left out for length.
func (v *review) asData(ctx context.Context, text string, all []dixaclient.Message) error {
	var shown struct {
		Items []struct {
			ID          dixaclient.UUID
			Author      string
			Untrusted   bool
			Text        string
			Attachments []struct{ PrettyName, URL string }
		}
	}
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		return errors.New("the messages of the conversation cannot be read")
	}
	names := v.call.names(ctx)
	for _, said := range shown.Items {
		at := slices.IndexFunc(all, func(m dixaclient.Message) bool { return m.ID == said.ID })
		if at < 0 { // what is said about the list
			continue
		}
		m := approval.Message{Number: at + 1, At: all[at].CreatedAt.Time, Author: said.Author, Untrusted: said.Untrusted, Text: safetext.Lines(said.Text)}
		switch said.Author {
		case "customer":
		case "agent":
			m.Author = safetext.Show(cmp.Or(names(string(dixaclient.AgentThing), string(all[at].AuthorID)), said.Author))
		default:
			m.Author = "unknown author"
		}
		for _, f := range said.Attachments {
			m.Attachments = append(m.Attachments, safetext.Show(cmp.Or(f.PrettyName, path.Base(f.URL))))
		}
		v.Messages = append(v.Messages, m)
	}
	if len(v.Messages) > 0 {
		v.Earlier = v.Messages[0].Number - 1
	}
	return nil
}

// recordReview records what an approver read, in whose name.
func (c *call) recordReview(ctx context.Context, r approval.Request, approver, keyID, purpose string, failed error) {
	what := "a customer"
	record := c.record
	if r.Conversation != 0 {
		id := strconv.FormatInt(r.Conversation, 10)
		what = "conversation " + id
		record.Arguments = []byte(`{"conversationId":` + id + `}`)
	}
	record.Event, record.Decision, record.Outcome = audit.EventRead, audit.Allowed, audit.OutcomeDone
	record.Access, record.Level = c.tool.Access(), c.tool.Level.String()
	record.Approval, record.Approver, record.ApproverKey, record.Operations = r.Number, approver, keyID, c.operations
	record.Text = fmt.Sprintf("%s read %s as %s, %s", approver, what, c.agentName, purpose)
	if failed != nil {
		record.Outcome = audit.OutcomeFailed
		record.Text += ", which did not succeed"
	}
	if err := c.gate.audit.Write(context.WithoutCancel(ctx), record); err != nil {
		c.log().Error("what an approver read could not be recorded", "call", record.Call, "approval", r.Number, "approver", approver, "error", err)
	}
}
