// Package gate decides on every call of an agent and carries it out. It is the only way from an agent to Dixa.
//
// A call is authorized, its arguments are checked and, if it writes, its intent is recorded. Each of its operations is
// authorized again inside the client. Then the answer is rendered and the outcome recorded. [Gate.Call] has these parts in order.
// What a call remembers on its way is in its parts, each of which has a file of its own: see call in call.go.
package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/seal"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// DefaultTimeout bounds a call with its waiting and its repetitions. MCP clients give up after 60 seconds.
const DefaultTimeout = 45 * time.Second

// Config is what a gate decides by, what it calls and where it keeps what it must remember.
type Config struct {
	Rules   *capability.Rules
	Client  *dixaclient.Client
	Audit   audit.Recorder
	Timeout time.Duration // 0 means DefaultTimeout
	// RecordKey hashes personal data in records, so that the same address is the same hash; nil: only its length is kept.
	RecordKey []byte
	// Frozen tells whether an agent was stopped by hand, and why; it is asked before each operation. nil: none ever.
	Frozen func(agent string) (reason string, frozen bool)
	// Approvals stores calls that wait for approval; nil: such calls are refused.
	Approvals approval.Store
	// Budgets counts what agents use, and Once sees to it that a confirmation is used once; nil: within this process.
	Budgets Budgets
	Once    Once
	// Journal remembers what was written in the last hour; nil: within this process.
	Journal journal.Store
	// Jobs keeps changes of many conversations, which take several calls; nil: within this process.
	Jobs *jobs.Store
	// Archive is the copy of conversations and messages; nil: none is kept.
	Archive tools.Archive
	// Events is the inbox of what happened at Dixa; nil: there is none.
	Events tools.Events
	// Now is the clock by which tools read words such as "last week"; nil: the system's.
	Now func() time.Time
	// Sleep is how tools wait; nil: by the system's clock.
	Sleep func(context.Context, time.Duration) error
	// Secret seals questions and page keys: processes with the same one accept each other's. nil: a random one.
	Secret   []byte
	Log      *slog.Logger // for what the operator must know; nil means slog.Default()
	Observer Observer     // hears of each call; may be nil
	JSON     bool         // answers are JSON, whatever the capability file says
}

// Gate carries out the calls of agents. It is safe for concurrent use.
type Gate struct {
	inForce
	client       *dixaclient.Client // refuses what does not belong to a call of an agent
	lookups      *dixaclient.Client // reads what bounds ask about
	plans        *dixaclient.Client // decides like client, and sends nothing but lookups
	facts        facts
	callers      callers
	zone         schedulesZone
	organization organization
	directory    *directory.Directory
	audit        audit.Recorder
	key          []byte // of personal data in records
	timeout      time.Duration
	json         bool
	log          *slog.Logger

	observer Observer

	frozen func(agent string) (reason string, frozen bool)

	approvals approval.Store
	budgets   Budgets
	journal   journal.Store
	jobs      *jobs.Store
	questions questions
	pages     pageKeys
	denials   denials

	now      func() time.Time
	sleep    func(context.Context, time.Duration) error
	articles libraries
	archive  tools.Archive
	events   tools.Events
	cursors  cursors
}

// New makes a gate. Its client refuses every operation that does not belong to a call of an agent.
func New(c Config) *Gate {
	g := &Gate{
		audit: c.Audit, key: c.RecordKey, log: c.Log, observer: c.Observer, timeout: c.Timeout, json: c.JSON,
		frozen: c.Frozen, approvals: c.Approvals, budgets: c.Budgets, archive: c.Archive, events: c.Events,
		directory: directory.New(time.Now),
	}
	if g.timeout == 0 {
		g.timeout = DefaultTimeout
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	if g.now = c.Now; g.now == nil {
		g.now = time.Now
	}
	if g.sleep = c.Sleep; g.sleep == nil {
		g.sleep = pause.For
	}
	if g.budgets == nil {
		g.budgets = NewBudgets()
	}
	if g.journal = c.Journal; g.journal == nil {
		g.journal = journal.NewMemory(time.Now)
	}
	if c.Once == nil {
		c.Once = NewOnce()
	}
	if c.Secret == nil {
		c.Secret = seal.Secret()
	}
	if g.jobs = c.Jobs; g.jobs == nil {
		g.jobs = jobs.New(jobs.NewMemory(g.now), c.Secret, g.now)
	}
	g.questions, g.pages = newQuestions(c.Secret, c.Once), newPageKeys(c.Secret)
	g.cursors = newCursors(c)
	g.inForce = inForce{recorder: c.Audit, hears: c.Observer, logger: g.log, listeners: map[int]func(Reloaded){}}
	g.rules.Store(c.Rules)
	g.client = c.Client.With(authorize, restrict, depart)
	g.lookups = c.Client.With(untold, depart)
	g.plans = c.Client.With(authorize, restrict)
	return g
}

// Version returns the version of Dixa's API that the calls use.
func (g *Gate) Version() dixaclient.Version { return g.client.Version() }

// Request is a call that an agent makes.
type Request struct {
	Agent        string             // as the credential says, never as the client says
	Key          string             // id of the credential, "" where there is none
	Person       *capability.Person // for whom the agent acts; nil for none
	Conversation int64              // the only one that exists for the credential; 0: it is not bound to one
	Tool         string
	Arguments    json.RawMessage
	CanAsk       bool   // the client can ask its person a question
	AskApprover  bool   // the client's answer to a question might not come back here: an approver is asked in its place
	State        string // of a question that was asked before, "" when there was none
	Accepted     bool   // the person said yes to it

	asked *approval.Request // that an approver has carried out, in place of the agent; nil otherwise
	by    string            // the approver who does
	draft string            // number of the draft that the call would send: it is only parked, for an approver to send

	// GoesOn is set by a stream of events that looks because something happened. Its look-ups take no request from the budget: how often that is
	// tells of what is outside the agent's bound.
	GoesOn bool

	// Blind is set where who asks for an explanation may see no correspondence: what is in Dixa is not read to make a plan.
	Blind bool

	forProgram bool // the answer is JSON, whatever the capability file says

	// Admitted is called once the arguments are checked and before anything is sent or waited for, if the call gets that
	// far; may be nil.
	Admitted func()
	// Waits is called when the call begins to wait for something that happens, which takes none of the time of others. It returns what
	// ends that, or false if too many calls wait. May be nil.
	Waits func() (done func(), ok bool)
	// Progress is told in a few words how far the call is; never two at a time, never after the answer. May be nil.
	Progress func(string)
}

// Answer is what the agent gets: text or JSON, as the capability file says, or one line of plain text when it failed.
type Answer struct {
	Text    string
	Failed  bool
	Invalid bool         // the arguments do not fit the tool; Failed is set too
	Image   *tools.Image // beside Text; nil for none
	Ask     *Question    // instead of Text: what to ask the person at the client first
	tokens  int          // of Text, 0 when it was not counted
}

// Call carries out one call. It always answers, and what was sent to Dixa is always recorded before.
func (g *Gate) Call(ctx context.Context, r Request) (a Answer) {
	ctx, cancel := context.WithTimeoutCause(ctx, g.timeout, timeLimit(g.timeout))
	defer cancel()
	c := g.begin(r)
	ctx, ended := c.observed(ctx)
	defer ended()
	defer func() {
		if p := recover(); p != nil {
			a = c.broken(ctx, p)
		}
	}()
	args, err := c.admit(c.context(ctx))
	if err == nil {
		err = c.values().checkIgnoredFilters(c.context(ctx), args)
	}
	if err != nil {
		return c.refuse(ctx, c.discovery.withSignature(refusalOf(c.request.Tool, err)))
	}
	if r.Admitted != nil {
		r.Admitted()
	}
	if sent := c.approval.sentAlready(ctx, args); sent != nil {
		return *sent
	}
	if repeated := c.journal.remember(ctx, args); repeated != nil {
		return *repeated
	}
	if c.tool.Task() || c.tool.Compares() {
		args.Env = c.env(c.context(ctx))
	}
	if c.tool.Bulk {
		return (&bulk{c, args.Env}).carryOut(ctx, args)
	}
	steps, err := c.tool.Plan(c.context(ctx), g.client, args)
	if err != nil {
		c.record.describe()
		return c.fail(ctx, err)
	}
	asking, err := c.approval.confirm(ctx, args, steps)
	switch {
	case err != nil:
		c.record.describe()
		return c.fail(ctx, err)
	case asking != nil:
		return *asking
	}
	if c.approval.newText != "" {
		if args, steps, err = c.approval.edited(ctx, args, steps); err != nil {
			c.record.describe()
			return c.fail(ctx, err)
		}
	}
	if namesChanges(c.tool, steps) {
		return c.plan.carryOut(ctx, args, steps)
	}
	c.journal.rememberSteps(steps)
	if err := c.record.intend(ctx); err != nil {
		return c.unrecorded(ctx, err)
	}
	if err := c.mayShowRecords(ctx); err != nil {
		return c.fail(ctx, err)
	}
	out, err := steps[0].Send(c.context(ctx), g.client)
	if err != nil {
		return c.fail(ctx, c.values().diagnose(c.context(ctx), args, err))
	}
	if c.tool.Task() {
		return c.answer.ofTask(c.context(ctx), args.Env, out)
	}
	if c.answer.unchecked, err = c.values().emptyAnswer(c.context(ctx), args, out); err != nil {
		return c.fail(ctx, err)
	}
	return c.succeed(ctx, args, out)
}

// succeed makes the answer and records it before it leaves.
func (c *call) succeed(ctx context.Context, args *tools.Arguments, out tools.Output) Answer {
	if len(out.Body) == 0 {
		return c.finish(ctx, audit.OutcomeDone, Answer{Text: c.answer.saying("done", c.names.did(args))})
	}
	if out.Failed > 0 { // of many items, though Dixa called it a success
		c.operations[len(c.operations)-1].Error = fmt.Sprintf("%d of %d items failed", out.Failed, out.Failed+out.Done)
	}
	r, err := view.Render(ctx, out.Body, c.answer.options(c.context(ctx), args, out))
	switch {
	case err != nil && c.tool.Level == dixaclient.Read:
		return c.fail(ctx, fmt.Errorf("%s: %w", c.tool.Name, err))
	case err != nil: // Dixa called it a success
		done := c.answer.adding(c.answer.saying("done", c.names.did(args)), "note", "what Dixa answered cannot be read")
		return c.finish(ctx, audit.OutcomeDone, Answer{Text: done})
	}
	if err := c.budget.showRecords(ctx, c.recordsIn(r)); err != nil {
		return c.fail(ctx, err)
	}
	if rest, none := strings.CutPrefix(r.Text, view.None); none && r.Total == 0 {
		r.Text, r.Tokens = "None. "+c.answer.whyNone(args)+"\n"+rest, 0
	}
	if out.Failed > 0 && out.Done == 0 {
		return c.finish(ctx, audit.OutcomeFailed, Answer{Text: r.Text, Failed: true, tokens: r.Tokens})
	}
	return c.finish(ctx, audit.OutcomeDone, Answer{Text: r.Text, tokens: r.Tokens})
}

// Listed is a tool as one agent sees it.
type Listed struct {
	*tools.Tool
	Description string
	Schema      json.RawMessage
}

// List gives the tools that an agent sees, in a fixed order. conversation is the only one that exists for its credential; 0 for one
// that is not bound.
func (g *Gate) List(agentName string, conversation int64) ([]Listed, error) {
	agent, err := g.Rules().Agent(agentName)
	if err != nil {
		return nil, err
	}
	agent = agent.Within(conversation)
	seen := agent.Listed()
	list := make([]Listed, len(seen))
	for i, t := range seen {
		shape := agent.Shape(t)
		list[i] = Listed{t, shape.Description(), shape.Schema().JSON()}
	}
	return list, nil
}
