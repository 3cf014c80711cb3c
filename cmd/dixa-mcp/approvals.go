package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
)

type approvalsCmd struct {
	List    approvalsListCmd    `cmd:"" help:"List the calls that wait for approval."`
	Drafts  approvalsDraftsCmd  `cmd:"" help:"List the drafts of agents that an approver can send."`
	Show    approvalsShowCmd    `cmd:"" help:"Show a call, with the customer, the last messages and the whole text that would be sent."`
	Approve approvalsApproveCmd `cmd:"" help:"Approve a call. The agent's next identical call is carried out, once. With --send it is carried out at once."`
	Deny    approvalsDenyCmd    `cmd:"" help:"Deny a call. The text is deleted."`
}

// approverFlags identify the approver, and the store of waiting calls. Every approvals command needs a key, since it shows
// customers' correspondence.
type approverFlags struct {
	KeyFile   string `required:"" placeholder:"FILE" env:"DIXA_MCP_APPROVER_KEY_FILE" help:"File that holds only your key."`
	URL       string `name:"url" placeholder:"URL" env:"DIXA_MCP_ADMIN_URL" help:"Admin port of a hosted server, such as http://127.0.0.1:9090; used instead of the state directory or Redis."`
	jsonFlag  `embed:""`
	dixaFlags `embed:""`
}

type approvalsListCmd struct {
	All           bool `help:"Include calls of the last week that were decided or expired."`
	approverFlags `embed:""`
}

type approvalsDraftsCmd struct {
	All           bool `help:"Include drafts of the last week that were sent, denied or expired."`
	approverFlags `embed:""`
}

type approvalsShowCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q."`
	approverFlags `embed:""`
}

type approvalsApproveCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q, or of a draft, such as D-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Reason, kept with the decision."`
	Edit          bool   `help:"Change the text in an editor ($VISUAL or $EDITOR) before approving."`
	Text          string `placeholder:"FILE" help:"File with the text to send in place of the agent's; - reads it from standard input."`
	Send          bool   `help:"Have the call carried out at once, as the agent that asked. The capability file must say on_approval: send, and this process or the server at --url needs the token."`
	approverFlags `embed:""`
}

type approvalsDenyCmd struct {
	Number        string `arg:"" help:"Number of the call, such as A-7K2Q, or of a draft, such as D-7K2Q."`
	Reason        string `placeholder:"TEXT" help:"Reason, kept with the decision and told to the agent."`
	approverFlags `embed:""`
}

// Run lists calls, the oldest first.
func (c *approvalsListCmd) Run(ctx context.Context, out *output) error {
	return c.list(ctx, out, c.All, false)
}

// Run lists drafts, the oldest first.
func (c *approvalsDraftsCmd) Run(ctx context.Context, out *output) error {
	return c.list(ctx, out, c.All, true)
}

func (f approverFlags) list(ctx context.Context, out *output, all, drafts bool) error {
	d, err := f.desk(ctx, false)
	if err != nil {
		return err
	}
	defer d.close()
	list, problem := d.list(ctx, all, drafts)
	if problem != nil && len(list) == 0 {
		return problem
	}
	if f.JSON {
		return errors.Join(out.json(approver.Items{Approvals: list, Unreadable: problem != nil}), problem)
	}
	f.printer(out).list(list, drafts)
	return problem
}

// Run shows a call.
func (c *approvalsShowCmd) Run(ctx context.Context, out *output) error {
	d, err := c.desk(ctx, true)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.show(ctx, c.Number)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(r)
	}
	c.printer(out).whole(r)
	return nil
}

// Run approves a call.
func (c *approvalsApproveCmd) Run(ctx context.Context, out *output) error {
	if c.Edit && c.Text != "" {
		return usagef("--edit and --text cannot be combined: the text comes from an editor or from a file")
	}
	return c.decide(ctx, c.printer(out), c.Number, approver.Verdict{Approve: true, Reason: c.Reason, Send: c.Send}, c.newText)
}

// Run denies a call.
func (c *approvalsDenyCmd) Run(ctx context.Context, out *output) error {
	return c.decide(ctx, c.printer(out), c.Number, approver.Verdict{Reason: c.Reason}, nil)
}

func (f approverFlags) printer(out *output) approvalPrinter { return approvalPrinter{out, time.Local} }

// decide shows a call and decides about it. edit returns the text to send in place of the call's own, "" to leave it; nil for
// no edit.
func (f approverFlags) decide(ctx context.Context, p approvalPrinter, number string, v approver.Verdict, edit func(context.Context, approver.Details) (string, error)) error {
	d, err := f.desk(ctx, true)
	if err != nil {
		return err
	}
	defer d.close()
	r, err := d.show(ctx, number)
	if err != nil {
		return err
	}
	waits := r.State == approval.Pending
	if waits && r.MayDecide && !f.JSON {
		p.whole(r)
	}
	if p.out.err != nil {
		return errors.New("nothing was decided, because the call could not be shown")
	}
	if edit != nil {
		if v.Text, err = edit(ctx, r); err != nil {
			return err
		}
	}
	now, err := d.decide(ctx, r, v)
	switch {
	case err != nil:
		return err
	case f.JSON:
		err = p.out.json(now)
	case !waits && !v.Send:
		p.out.printf("%s\nNothing was changed.\n", p.decision(now.Item))
	default:
		p.decided(r, now, v)
	}
	if now.NotSent != "" {
		return errors.Join(err, refusedf("%s is approved, and was not sent: %s", now.Number, now.NotSent))
	}
	return err
}

// desk lists and decides calls for an approver: in the state directory, in Redis, or at the admin port of a server.
type desk interface {
	list(ctx context.Context, all, drafts bool) ([]approver.Item, error)
	show(ctx context.Context, number string) (approver.Details, error)
	decide(ctx context.Context, r approver.Details, v approver.Verdict) (approver.Decided, error)
	close()
}

// desk opens the approver's desk. whole says whether it needs Dixa, as far as there is a token.
func (f approverFlags) desk(ctx context.Context, whole bool) (desk, error) {
	key, err := readKey("--key-file", f.KeyFile)
	if err != nil {
		return nil, err
	}
	if f.URL != "" {
		port, err := newAdminClient(f.URL, key)
		if err != nil {
			return nil, err
		}
		return remoteDesk{port}, nil
	}
	return f.localDesk(ctx, key, whole)
}

// readKey reads a key from a file that holds nothing else.
func readKey(flag, path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if b = bytes.TrimSpace(b); len(b) == 0 || bytes.ContainsAny(b, " \t\r\n") {
		return nil, fmt.Errorf("%s: %s must hold one key and nothing else", flag, path)
	}
	return b, nil
}
