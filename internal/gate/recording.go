package gate

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// recording is the record of a call, as it grows.
type recording struct {
	audit.Record
	call     *call
	verbs    *audit.Verb // what the call does, in words; nil for those of its tool
	prepares bool        // it only prepares what its tool writes
}

// describe fills the record with who, what and the decision.
func (r *recording) describe() {
	c := r.call
	if c.tool != nil {
		r.Access, r.Level = c.tool.Access(), c.tool.Level.String()
		r.Arguments, r.Names = r.reduced(), c.names.byPath
	}
	r.Decision = audit.Refused
	if c.decision.Allowed {
		r.Decision = audit.Allowed
	}
	r.Rule = ruleOf(c.rules, c.decision)
}

// reduced returns the arguments as they are recorded.
func (r *recording) reduced() audit.Arguments {
	c := r.call
	if !c.valid {
		return audit.ReduceJSON(c.arguments.JSON, r.kinds(), c.gate.key)
	}
	return audit.Reduce(c.arguments.Values.All(), r.kinds(), c.gate.key)
}

// ruleOf names the rule of a decision for the record. One without a line is not in the capability file.
func ruleOf(rules *capability.Rules, d capability.Decision) string {
	if d.Line == 0 {
		return d.Rule
	}
	return fmt.Sprintf("%s (%s:%d)", d.Rule, rules.Name(), d.Line)
}

// kinds says which arguments may be in the record as they are. Of those that were not valid none may: what a model
// put in the wrong place can be anything, such as a telephone number without its quotes.
func (r *recording) kinds() map[string]audit.Kind {
	known := argumentKinds(r.call.tool)
	if r.call.valid {
		return known
	}
	hidden := make(map[string]audit.Kind, len(known))
	for name, kind := range known {
		hidden[name] = audit.Personal
		if kind == audit.Plain {
			hidden[name] = audit.Text // which leaves numbers: they are ids here
		}
	}
	return hidden
}

// intend records a write before it is sent.
func (r *recording) intend(ctx context.Context) error {
	r.describe()
	return r.announce(ctx)
}

// announce records a write that is described.
func (r *recording) announce(ctx context.Context) error {
	if r.call.tool.Level == dixaclient.Read {
		return nil
	}
	record := r.Record
	record.Event = audit.EventIntent
	record.Text = audit.Sentence(record, r.verb())
	return r.call.gate.audit.Write(context.WithoutCancel(ctx), record)
}

// writable reports whether the call can change something at Dixa.
func (r *recording) writable() bool {
	return r.call.tool != nil && r.call.tool.Level > dixaclient.Read && !r.prepares
}

// verb says in words what the call does.
func (r *recording) verb() audit.Verb {
	if r.verbs != nil {
		return *r.verbs
	}
	return verb(r.call.tool)
}

// verb says in words what a tool does; its name begins with the verb.
func verb(t *tools.Tool) audit.Verb {
	if t == nil {
		return audit.Verb{}
	}
	past, object, _ := strings.Cut(t.Did, " ")
	infinitive, _, _ := strings.Cut(strings.TrimPrefix(t.Name, "bulk_"), "_")
	return audit.Verb{Past: past, Infinitive: infinitive, Object: object}
}

// review records what an approver read, in whose name.
func (r *recording) review(ctx context.Context, of approval.Request, approver, keyID, purpose string, failed error) {
	c := r.call
	what := "a customer"
	record := r.Record
	if of.Conversation != 0 {
		id := strconv.FormatInt(of.Conversation, 10)
		what = "conversation " + id
		record.Arguments = audit.Unreduced([]byte(`{"conversationId":` + id + `}`))
	}
	record.Event, record.Decision, record.Outcome = audit.EventRead, audit.Allowed, audit.OutcomeDone
	record.Access, record.Level = c.tool.Access(), c.tool.Level.String()
	record.Approval, record.Approver, record.ApproverKey, record.Operations = of.Number, approver, keyID, c.operations
	record.Text = fmt.Sprintf("%s read %s as %s, %s", approver, what, c.agentName, purpose)
	if failed != nil {
		record.Outcome = audit.OutcomeFailed
		record.Text += ", which did not succeed"
	}
	if err := c.gate.audit.Write(context.WithoutCancel(ctx), record); err != nil {
		c.log().Error("what an approver read could not be recorded", "call", record.Call, "approval", of.Number, "approver", approver, "error", err)
	}
}
