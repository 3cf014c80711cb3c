package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// A call that needs a person is rehearsed first: grants, bounds and budget are decided, and the requests that it would send
// are known. The approval covers exactly those. Then the call runs again from the top.

// confirmation is a call that needs a person's approval, and the state of the conversation on which the person decides.
type confirmation struct {
	call         *call
	about        json.RawMessage // arguments that the approval is for
	does         string          // in plain English: "close conversation 1234"
	steps        []tools.Step    // of a call that is planned
	plan         []string        // the requests that the call would send, and what they were planned from
	same         string          // digest by which the agent's same call is recognized, whatever the conversation is like; "" for none
	shown        edits           // what people call the values of arguments, by their paths
	conversation int64
	message      string    // id of its newest message, "" where there is none
	read         time.Time // when that was looked up last
}

// approving is how a call gets, and uses, the approval of a person.
type approving struct {
	call      *call
	number    string        // of the approval that is being used
	confirmed *confirmation // of the call by a person; nil where none is needed
	waitsBy   string        // the entry of the agent's confirm by which it waits for a person: send
	newText   string        // what the approver put in place of the text; "" where it stays
}

// confirm stops a call that needs approval and does not have it: with an answer that asks for it, or with an error. The
// call may continue if there is neither.
func (a *approving) confirm(ctx context.Context, args *tools.Arguments, steps []tools.Step) (asking *Answer, err error) {
	c := a.call
	how, rule := a.needs(steps)
	if how == "" && c.request.asked != nil { // what no one must approve can be done twice: by the agent, too
		return nil, noLongerWaits(c.tool.Name)
	}
	if how == "" {
		return nil, nil
	}
	c.record.Confirm = rule
	c.names.note(c.context(ctx), args, true)
	plan, err := c.plan.rehearse(ctx, changing(steps))
	if err != nil {
		return nil, err
	}
	for _, s := range changing(steps) { // an approval is for these changes, and for what is there before
		plan = append(plan, s.State)
	}
	conversation, _ := dixaclient.ConversationOf(args.In)
	a.confirmed = &confirmation{call: c, about: c.arguments.JSON, same: a.sameCall(args), steps: steps, plan: plan, shown: c.names.inWords(c.context(ctx), args), conversation: conversation}
	a.confirmed.does = a.confirmed.effect()
	return a.confirmed.ask(ctx, how)
}

// ask asks whoever may approve the call, unless it is approved.
func (c *confirmation) ask(ctx context.Context, how capability.Confirm) (asking *Answer, err error) {
	if how == capability.ConfirmApprover || c.call.request.AskApprover && c.approvable() {
		return c.askApprover(ctx)
	}
	return c.askClient(ctx)
}

// needs returns whose approval the steps of a call need; where they differ, the stricter one.
func (a *approving) needs(steps []tools.Step) (how capability.Confirm, rule string) {
	ops := a.call.tool.Operations
	if namesChanges(a.call.tool, steps) {
		ops = nil
		for _, s := range changing(steps) {
			ops = append(ops, s.Op)
		}
	}
	return a.needsFor(ops)
}

// needsFor does the same for operations. Of several that wait for an approver, the highest says which approvers are asked.
func (a *approving) needsFor(ops []*dixaclient.Spec) (how capability.Confirm, rule string) {
	level := dixaclient.Read
	for _, op := range ops {
		h, r, line := a.call.agent.Confirm(op)
		stricter := h == capability.ConfirmApprover && (how != h || op.Level > level)
		if h == "" || how != "" && !stricter {
			continue
		}
		how, rule, level = h, fmt.Sprintf("%s (%s:%d)", r, a.call.rules.Name(), line), op.Level
		a.waitsBy = r[strings.LastIndexByte(r, '.')+1:]
	}
	return how, rule
}

// approvable reports whether an approver may decide about the call in place of the person at its client.
func (c *confirmation) approvable() bool {
	return c.call.gate.approvals != nil && c.call.rules.Decided(c.call.tool.Level)
}

// digest returns the hash that binds an approval to the agent, the person, the tool, the arguments and these parts.
func (c *confirmation) digest(parts ...string) string {
	return digestOf(append([]string{c.call.agentName, c.call.request.behalf(), c.call.tool.Name, string(c.about)}, parts...)...)
}

// effect says in plain English what the call would do.
func (c *confirmation) effect() string {
	_, object, _ := strings.Cut(c.call.tool.Done(c.call.arguments.Values, c.words), " ")
	effect := verb(c.call.tool).Infinitive + " " + object
	if namesChanges(c.call.tool, c.steps) {
		effect += " (" + listed(changing(c.steps)) + ")"
	}
	return effect
}

// words shows the value of an argument to the person who decides.
func (c *confirmation) words(argument, value string) string {
	if shown := c.shown[argument]; shown != "" {
		return quoted(shown)
	}
	return value
}

// arguments returns what the approval is for with names and words in place of ids and of Dixa's values, and with the whole text
// that is sent or left. The record and the approval keep the arguments themselves.
func (c *confirmation) arguments() json.RawMessage {
	shown := c.about
	for path, text := range c.shown {
		if edited, err := (edits{path: text}).apply(shown); err == nil { // it cannot fail: the paths are those of these arguments
			shown = edited
		}
	}
	return c.withText(shown)
}

// withText adds to arguments the whole text that the steps send or leave, where the arguments only name it.
func (c *confirmation) withText(arguments json.RawMessage) json.RawMessage {
	var given map[string]json.RawMessage
	if json.Unmarshal(arguments, &given) != nil || given["text"] != nil {
		return arguments
	}
	for i := range c.steps {
		text, err := json.Marshal(c.steps[i].Text)
		if c.steps[i].Text == "" || err != nil {
			continue
		}
		return slices.Concat(bytes.TrimSuffix(arguments, []byte("}")), []byte(`,"text":`), text, []byte("}"))
	}
	return arguments
}

// look notes the state of the conversation that a person decides on.
func (c *confirmation) look(ctx context.Context) (err error) {
	c.message, err = c.newestMessage(ctx)
	c.read = time.Now()
	return err
}

// newestMessage identifies the last message of the conversation, so that an approval does not outlive what it was given for.
func (c *confirmation) newestMessage(ctx context.Context) (string, error) {
	if c.conversation == 0 {
		return "", nil
	}
	a, err := dixaclient.ListMessages.Do(c.call.context(ctx), c.call.gate.lookups, dixaclient.ListMessagesIn{ConversationRef: dixaclient.ConversationRef{ConversationID: c.conversation}})
	if dixaclient.IsNotFound(err) || err == nil && len(a.Value) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(a.Value[len(a.Value)-1].ID), nil
}

// waits returns the answer to a call that waits for a person, and records why.
func (c *confirmation) waits(ctx context.Context, reason string, a Answer) (*Answer, error) {
	c.call.record.describe()
	c.call.record.Reason = reason
	a = c.call.finish(ctx, audit.OutcomeWaiting, a)
	return &a, nil
}
