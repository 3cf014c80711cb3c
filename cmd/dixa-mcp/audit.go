package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/tools"
)

type auditCmd struct {
	Show   auditShowCmd   `cmd:"" help:"Print records as sentences."`
	Tail   auditTailCmd   `cmd:"" help:"Print the newest records; with -f, also new ones as they are written."`
	Verify auditVerifyCmd `cmd:"" help:"Check whether any record was altered, removed or reordered, and which writes have no outcome."`
	Prune  auditPruneCmd  `cmd:"" help:"Remove records that are no longer kept, so that what remains can be verified."`
}

// recordFlags name the directory of records.
type recordFlags struct {
	State string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state, by default dixa-mcp in the user's state directory."`
	Audit string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records, by default audit in the state directory."`
}

func (f recordFlags) dir() (string, error) {
	dir, err := reachFlags{State: f.State, Audit: f.Audit}.auditDir()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("no records yet: %w (see --audit)", err)
	}
	return dir, nil
}

type auditShowCmd struct {
	Conversation string `placeholder:"ID" help:"Only calls about this conversation."`
	Agent        string `placeholder:"NAME" help:"Only calls of this agent."`
	Person       string `placeholder:"EMAIL" help:"Only calls and sign-ins of the person with this e-mail address, or this subject."`
	Key          string `placeholder:"ID" help:"Only calls with this key id, of an agent, an approver or the admin port."`
	Tool         string `placeholder:"NAME" help:"Only calls of this tool."`
	Since        string `placeholder:"TIME" help:"Only calls since this time: 30m, 2h, 2d (ago), today, yesterday, 2026-01-31 or 2026-01-31T14:00:00Z. Dates are in this machine's time zone."`
	Writes       bool   `help:"Only calls that change something."`
	Refused      bool   `help:"Only refusals."`
	JSON         bool   `name:"json" help:"Print the records as in the file, one JSON object a line."`
	recordFlags  `embed:""`
}

// Run prints the records that match, oldest first.
func (c *auditShowCmd) Run(out *output) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	filter := audit.Filter{Agent: c.Agent, Person: c.Person, Key: c.Key, Tool: c.Tool, Conversation: c.Conversation, Writes: c.Writes, Refused: c.Refused}
	if strings.Trim(c.Conversation, "0123456789") != "" {
		return usagef("--conversation must be the number of a conversation, not %q; nothing was read", c.Conversation)
	}
	if c.Since != "" {
		if filter.Since, err = when.Since(c.Since, time.Now(), time.Local); err != nil {
			return usagef("--since: %w; nothing was read", err)
		}
		if filter.Since.After(time.Now()) {
			return usagef("--since %s is in the future; nothing was read", c.Since)
		}
	}
	day, read, shown := "", 0, 0
	err = audit.Read(dir, func(r audit.Record) error {
		read++
		if !filter.Match(r) || !c.JSON && !told(r) {
			return out.err // stop when the output is gone
		}
		shown++
		if c.JSON {
			return errors.Join(out.jsonLine(r), out.err)
		}
		if d := r.Time.Local().Format(time.DateOnly); d != day {
			day = d
			out.printf("%s\n", day)
		}
		out.printf("  %s\n", audit.Line(r, time.Local))
		return out.err
	})
	if shown == 0 && err == nil {
		fmt.Fprintf(os.Stderr, "No record matches. %d records were read in %s.\n", read, dir)
	}
	return err
}

type auditVerifyCmd struct {
	Head        string `placeholder:"SEQ:HASH" help:"Number and hash of the newest record, such as from --audit-anchor, so that missing newest records are found."`
	jsonFlag    `embed:""`
	recordFlags `embed:""`
}

// Run checks the records. It fails when one was altered, removed or reordered.
func (c *auditVerifyCmd) Run(out *output) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	var checks []audit.Check
	if c.Head != "" {
		seq, hash, _ := strings.Cut(c.Head, ":")
		n, err := strconv.ParseUint(seq, 10, 64)
		if err != nil || hash == "" {
			return usagef("--head must be a record's number, a colon and its hash, not %q; nothing was checked", c.Head)
		}
		checks = append(checks, audit.ExpectHead(n, hash))
	}
	report, err := audit.Verify(dir, checks...)
	if err != nil {
		return err
	}
	if c.JSON {
		err = out.json(verifiedOf(dir, report))
	} else {
		printReport(out, dir, report)
	}
	if !report.OK() {
		err = errors.New("the records are not as they were written: a line was altered, removed or reordered, or a file was renamed; see the lines that begin with ALTERED or gone")
	}
	return err
}

// verified is a report as JSON.
type verified struct {
	Directory string   `json:"directory"`
	Records   int      `json:"records"`
	Files     int      `json:"files"`
	Intact    bool     `json:"intact"`
	Altered   []string `json:"altered"`
	Torn      []string `json:"torn"`
	Removed   []string `json:"removed"` // files that were no longer kept, as a record says
	Missing   []string `json:"missing"`
	Unended   []string `json:"unended"` // last records of runs without a stop record
	Unknown   []string `json:"unknown"` // writes without an outcome
}

func verifiedOf(dir string, r audit.Report) verified {
	v := verified{dir, r.Records, r.Files, r.OK(), []string{}, []string{}, append([]string{}, r.Removed...), append([]string{}, r.Missing...), []string{}, []string{}}
	for _, p := range r.Problems {
		v.Altered = append(v.Altered, fmt.Sprint(p))
	}
	for _, p := range r.Torn {
		v.Torn = append(v.Torn, fmt.Sprint(p))
	}
	for _, p := range r.Unended {
		v.Unended = append(v.Unended, fmt.Sprint(p))
	}
	for _, i := range r.Unfinished {
		v.Unknown = append(v.Unknown, fmt.Sprintf("%s: %s; %s", i.Place, i.Record.Text, look(i.Record)))
	}
	return v
}

func printReport(out *output, dir string, r audit.Report) {
	v := verifiedOf(dir, r)
	out.printf("%d records in %d files in %s\n", v.Records, v.Files, dir)
	for _, p := range v.Torn {
		out.printf("torn: %s: the last line was cut short by a crash or a full disk\n", p)
	}
	if len(v.Removed) > 0 {
		out.printf("removed: %s, since records that old are not kept, as a record says\n", strings.Join(v.Removed, ", "))
	}
	for _, m := range v.Missing {
		out.printf("gone: %s was deleted\n", m)
	}
	for _, u := range v.Unended {
		out.printf("no stop: %s is the last record of its process, which is still running, was killed, or its last records are missing\n", u)
	}
	for _, u := range v.Unknown {
		out.printf("unknown: %s\n", u)
	}
	for _, p := range v.Altered {
		out.printf("ALTERED: %s\n", p)
	}
	if v.Intact {
		out.printf("No record was altered, removed or reordered.\n")
	}
}

// look returns the command that shows whether a write without an outcome was done.
func look(r audit.Record) string {
	if r.Tool == "privacy_erase" {
		return "run dixa-mcp privacy report, and erase again what is left"
	}
	t, ok := tools.Any(r.Tool)
	if !ok || t.Operations[0].LookWith == "" {
		return "check in Dixa whether it was done"
	}
	with := t.Operations[0].LookWith
	var a struct {
		ConversationID json.Number `json:"conversationId"`
	}
	_ = json.Unmarshal(r.Arguments.JSON(), &a) // without a conversation the arguments are for the reader to fill in
	if a.ConversationID == "" {
		return fmt.Sprintf("check with: dixa-mcp call %s", with)
	}
	return fmt.Sprintf(`check with: dixa-mcp call %s '{"conversationId":%s}'`, with, a.ConversationID)
}
