package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/capability"
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
	c.record.review(ctx, r, approver, keyID, purpose, err)
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

// readTool is the name under which a review is recorded.
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
	agent, err := c.rules.Agent(c.agentName)
	if err != nil {
		return nil, err
	}
	c.agent = agent.Within(c.request.Conversation)
	c.seen = c.info()
	if err := c.checkFrozen(); err != nil {
		return nil, err
	}
	if err := stillTheirs(c.rules, &c.request); err != nil {
		return nil, err
	}
	return c, c.actAsCaller(unpriced(c.context(ctx)))
}

// requestOf returns who asked for an approval, and how.
func requestOf(r approval.Request) (Request, error) {
	request := Request{Agent: r.Agent, Key: r.Key, Conversation: r.Bound, AskApprover: true}
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
func stillTheirs(rules *capability.Rules, r *Request) error {
	if r.Person != nil && !slices.Contains(rules.AgentsFor(r.Person), r.Agent) {
		return fmt.Errorf("%s may not use agent %s any more", r.Person, r.Agent)
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
