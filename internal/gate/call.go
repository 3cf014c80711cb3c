package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// call is one call on its way: what is known about it, for its record.
type call struct {
	gate      *Gate
	rules     *capability.Rules // those in force when it began
	request   Request
	agentName string
	agent     *capability.Agent // nil until the credential was matched
	tool      *tools.Tool       // nil when there is no such tool
	through   bool              // it came by call_tool
	misuse    error             // of call_tool
	decision  capability.Decision
	arguments schemas.Checked // as they were understood; until then only their JSON, as it came
	valid     bool            // arguments fit the tool's schema
	record    audit.Record
	seen      CallInfo // what the observer was told, where there is one
	writes    uint64   // how many of our own were carried out when it began

	approval  string        // number of the approval that is being used
	confirmed *confirmation // of the call by a person; nil where none is needed
	waitsBy   string        // the entry of the agent's confirm by which it waits for a person: send
	newText   string        // what the approver put in place of the text; "" where it stays
	wrote     bool          // an operation that is no read was sent
	failure   error         // with which it ended; nil where it did what it was made for

	verbs    *audit.Verb // what it does, in words; nil for those of its tool
	prepares bool        // it only prepares what its tool writes

	journal journaling
	plan    planRun
	times   times
	names   callNames
	answer  callAnswer

	mu         sync.Mutex
	operations []audit.Operation
	withheld   int    // items outside a bound that were taken out of the answer
	warning    string // what is left of a budget that is nearly used up
}

func (g *Gate) begin(r Request) *call {
	c := &call{gate: g, rules: g.Rules(), request: r, agentName: r.Agent, arguments: schemas.Checked{JSON: r.Arguments}, writes: g.facts.written()}
	c.connect()
	c.tool, _ = tools.ByName(r.Tool)
	c.unwrap()
	if agent, err := c.rules.Agent(r.Agent); err == nil && (r.asked != nil || r.draft != "") {
		c.through = agent.Discovers()
	}
	c.record = audit.Record{Call: audit.NewCallID(), Agent: r.Agent, Key: r.Key, Person: r.Person.String(), Bound: r.Conversation, FileDigest: c.rules.Digest()}
	if c.tool != nil { // another name can be any text
		c.record.Tool = c.tool.Name
	}
	return c
}

// connect gives each part of the call the call itself.
func (c *call) connect() {
	c.journal.call, c.plan.call, c.times.call, c.names.call, c.answer.call = c, c, c, c, c
}

// log returns the gate's log with the person for whom the agent acts.
func (c *call) log() *slog.Logger {
	if c.request.Person != nil {
		return c.gate.log.With("person", c.request.Person.String())
	}
	return c.gate.log
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// context carries the call, and takes a slot under Dixa's limit for each of its requests, from its agent's flow.
func (c *call) context(ctx context.Context) context.Context {
	return dixaclient.WithFlow(withCall(ctx, c), c.agentName)
}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// effect returns what is known about a failed operation's effect.
func effect(err error) string {
	var e *dixaclient.Error
	if errors.As(err, &e) {
		return e.Effect.String()
	}
	return audit.OutcomeNotDone
}

// whyFailed says in a word or two why an operation failed; texts of Dixa and of the network stay out of the records.
func whyFailed(err error) string {
	var e *dixaclient.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "time limit"
	case errors.As(err, &e) && e.Status == 0:
		return "no answer"
	case errors.As(err, &e) && e.Err != nil && e.Status < 400:
		return "unreadable answer"
	case errors.As(err, &e):
		return "refused by Dixa"
	case errors.As(err, new(*dixaclient.BusyError)):
		return "no slot before the deadline"
	}
	return "not sent"
}

// describe fills the record with who, what and the decision.
func (c *call) describe() {
	r := &c.record
	if c.tool != nil {
		r.Access, r.Level = c.tool.Access(), c.tool.Level.String()
		r.Arguments, r.Names = c.recorded(), c.names.byPath
	}
	r.Decision = audit.Refused
	if c.decision.Allowed {
		r.Decision = audit.Allowed
	}
	r.Rule = c.ruleOf(c.decision)
}

// recorded returns the arguments as they are recorded.
func (c *call) recorded() audit.Arguments {
	if !c.valid {
		return audit.ReduceJSON(c.arguments.JSON, c.kinds(), c.gate.key)
	}
	return audit.Reduce(c.arguments.Values.All(), c.kinds(), c.gate.key)
}

// ruleOf names the rule of a decision for the record. One without a line is not in the capability file.
func (c *call) ruleOf(d capability.Decision) string {
	if d.Line == 0 {
		return d.Rule
	}
	return fmt.Sprintf("%s (%s:%d)", d.Rule, c.rules.Name(), d.Line)
}

// kinds says which arguments may be in the record as they are. Of those that were not valid none may: what a model
// put in the wrong place can be anything, such as a telephone number without its quotes.
func (c *call) kinds() map[string]audit.Kind {
	known := argumentKinds(c.tool)
	if c.valid {
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
func (c *call) intend(ctx context.Context) error {
	c.describe()
	return c.announce(ctx)
}

// announce records a write that is described.
func (c *call) announce(ctx context.Context) error {
	if c.tool.Level == dixaclient.Read {
		return nil
	}
	r := c.record
	r.Event = audit.EventIntent
	r.Text = audit.Sentence(r, c.verb())
	return c.gate.audit.Write(context.WithoutCancel(ctx), r)
}

// unrecorded returns the answer to a write that is not carried out because no record could be kept of it.
func (c *call) unrecorded(ctx context.Context, err error) Answer {
	c.failure = err
	c.used(ctx, audit.OutcomeNotDone)
	c.journal.settle(ctx, audit.OutcomeNotDone, "")
	c.log().Error("a write was refused because it could not be recorded", "call", c.record.Call, "agent", c.agentName, "tool", c.request.Tool, "error", err)
	return Answer{Failed: true, Text: c.request.Tool + ": the audit record cannot be written, and no write is carried out without one. Nothing was sent to Dixa. The operator of dixa-mcp must fix this."}
}

// refuse records a call that was not let through, and says why.
func (c *call) refuse(ctx context.Context, r *refusal) Answer {
	if r.denied {
		c.decision = capability.Decision{Rule: r.rule, Line: r.line}
	}
	if r.fault != nil {
		c.log().Error("a call was refused: "+r.reason, "call", c.record.Call, "agent", c.agentName, "tool", c.request.Tool, "error", r.fault)
	}
	c.describe()
	c.record.Reason = r.reason
	return c.finish(ctx, audit.OutcomeRefused, Answer{Text: r.text, Failed: true, Invalid: r.invalid})
}

// fail records a call that was let through and did not succeed, and says what was and was not done.
func (c *call) fail(ctx context.Context, err error) Answer {
	c.failure = err
	if r, ok := errors.AsType[*refusal](err); ok && effect(err) == audit.OutcomeNotDone { // no attempt before it has done anything
		return c.refuse(ctx, c.withSignature(r))
	}
	c.inToolsOf(err)
	outcome := audit.OutcomeFailed
	switch {
	case effect(err) == audit.OutcomeUnknown && c.hasWritten():
		outcome = audit.OutcomeUnknown
	case errors.Is(err, context.Canceled):
		outcome = audit.OutcomeCancelled
	}
	return c.finish(ctx, outcome, Answer{Text: err.Error(), Failed: true})
}

// finish records the outcome before the answer leaves.
func (c *call) finish(ctx context.Context, outcome string, a Answer) Answer {
	r := &c.record
	if text := strings.TrimSuffix(c.answer.withRemarks(ctx, a), "\n"); text != a.Text {
		a.Text, a.tokens = text, 0
	}
	r.Operations, r.Withheld, r.Outcome, r.Tokens = c.operations, c.withheld, outcome, a.tokens
	if r.Tokens == 0 {
		r.Tokens = view.EstimateTokens(a.Text)
	}
	switch {
	case outcome == audit.OutcomeRefused:
		r.Event = audit.EventRefused
	case outcome == audit.OutcomeWaiting:
		r.Event = audit.EventWaiting
	case !c.writable():
		r.Event = audit.EventRead
	default:
		r.Event = audit.EventOutcome
	}
	r.Text = audit.Sentence(*r, c.verb())
	c.used(ctx, outcome)
	c.journal.settle(ctx, outcome, a.Text)
	if err := c.gate.audit.Write(context.WithoutCancel(ctx), *r); err != nil {
		c.log().Error("the outcome of a call could not be recorded", "call", r.Call, "agent", r.Agent, "tool", r.Tool, "outcome", outcome, "error", err)
	}
	return a
}

// hasWritten reports whether a request that can change something was sent.
func (c *call) hasWritten() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrote
}

// writable reports whether the call can change something at Dixa.
func (c *call) writable() bool { return c.tool != nil && c.tool.Level > dixaclient.Read && !c.prepares }

// verb says in words what the call does.
func (c *call) verb() audit.Verb {
	if c.verbs != nil {
		return *c.verbs
	}
	return verb(c.tool)
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
