package gate

import (
	"context"
	"errors"
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

// call is one call on its way: begin, admit, then refuse, fail or succeed, and finish. What it does on the way is in its parts, each
// of which has a subject and a file of its own.
type call struct {
	gate      *Gate
	rules     *capability.Rules // those in force when it began
	request   Request
	agentName string
	agent     *capability.Agent // nil until the credential was matched
	tool      *tools.Tool       // nil when there is no such tool
	decision  capability.Decision
	arguments schemas.Checked // as they were understood; until then only their JSON, as it came
	valid     bool            // arguments fit the tool's schema
	seen      CallInfo        // what the observer was told, where there is one
	writes    uint64          // how many of our own were carried out when it began
	failure   error           // with which it ended; nil where it did what it was made for

	discovery discovery  // how it came: discover.go
	times     times      // of its arguments: times.go
	names     callNames  // of what its ids name: names_answer.go
	budget    callBudget // that it takes from: budget.go
	approval  approving  // of a person, where it needs one: confirm.go, send.go, edited.go
	plan      planRun    // its steps: plan.go, plan_stopped.go
	journal   journaling // what it writes, and whether it did before: journal.go, repeat.go
	answer    callAnswer // what it says: answer.go
	record    recording  // for the audit log: recording.go

	mu         sync.Mutex
	operations []audit.Operation
	wrote      bool   // an operation that is no read was sent
	withheld   int    // items outside a bound that were taken out of the answer
	warning    string // what is left of a budget that is nearly used up
}

// begin makes the call of a request, under the rules in force now.
func (g *Gate) begin(r Request) *call {
	c := &call{gate: g, rules: g.Rules(), request: r, agentName: r.Agent, arguments: schemas.Checked{JSON: r.Arguments}, writes: g.facts.written()}
	c.connect()
	c.tool, _ = tools.ByName(r.Tool)
	c.discovery.unwrap()
	if agent, err := c.rules.Agent(r.Agent); err == nil && (r.asked != nil || r.draft != "") {
		c.discovery.through = agent.Discovers()
	}
	c.record.Record = audit.Record{Call: audit.NewCallID(), Agent: r.Agent, Key: r.Key, Person: r.Person.String(), Bound: r.Conversation, FileDigest: c.rules.Digest()}
	if c.tool != nil { // another name can be any text
		c.record.Tool = c.tool.Name
	}
	return c
}

// connect gives each part of the call the call itself.
func (c *call) connect() {
	c.discovery.call, c.times.call, c.names.call = c, c, c
	c.budget.call, c.approval.call, c.plan.call = c, c, c
	c.journal.call, c.answer.call, c.record.call = c, c, c
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

// unrecorded returns the answer to a write that is not carried out because no record could be kept of it.
func (c *call) unrecorded(ctx context.Context, err error) Answer {
	c.failure = err
	c.approval.used(ctx, audit.OutcomeNotDone)
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
	c.record.describe()
	c.record.Reason = r.reason
	return c.finish(ctx, audit.OutcomeRefused, Answer{Text: r.text, Failed: true, Invalid: r.invalid})
}

// fail records a call that was let through and did not succeed, and says what was and was not done.
func (c *call) fail(ctx context.Context, err error) Answer {
	c.failure = err
	if r, ok := errors.AsType[*refusal](err); ok && effect(err) == audit.OutcomeNotDone { // no attempt before it has done anything
		return c.refuse(ctx, c.discovery.withSignature(r))
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
	case !c.record.writable():
		r.Event = audit.EventRead
	default:
		r.Event = audit.EventOutcome
	}
	r.Text = audit.Sentence(r.Record, c.record.verb())
	c.approval.used(ctx, outcome)
	c.journal.settle(ctx, outcome, a.Text)
	if err := c.gate.audit.Write(context.WithoutCancel(ctx), r.Record); err != nil {
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
