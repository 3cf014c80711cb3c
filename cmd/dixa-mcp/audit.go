package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

type auditCmd struct {
	Show   auditShowCmd   `cmd:"" help:"Print records as sentences."`
	Tail   auditTailCmd   `cmd:"" help:"Print the newest records; -f goes on with what comes."`
	Verify auditVerifyCmd `cmd:"" help:"Say whether any record was altered, removed or reordered, and which writes have no outcome."`
}

// recordFlags say where records are.
type recordFlags struct {
	State string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Folder of what must survive a restart."`
	Audit string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Folder of the records, by default audit in the state folder."`
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
	Conversation string        `placeholder:"ID" help:"Only calls about this conversation."`
	Agent        string        `placeholder:"NAME" help:"Only calls of this agent."`
	Key          string        `placeholder:"ID" help:"Only what was done with this key, by its id: an agent's, an approver's or the admin port's."`
	Tool         string        `placeholder:"NAME" help:"Only calls of this tool."`
	Since        time.Duration `placeholder:"2h" help:"Only the last hours."`
	Writes       bool          `help:"Only what changes something."`
	Refused      bool          `help:"Only refusals."`
	JSON         bool          `name:"json" help:"The records as they stand in the file."`
	recordFlags  `embed:""`
}

// Run prints the records that were asked for, oldest first.
func (c *auditShowCmd) Run() error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	filter := audit.Filter{Agent: c.Agent, Key: c.Key, Tool: c.Tool, Conversation: c.Conversation, Writes: c.Writes, Refused: c.Refused}
	if c.Since > 0 {
		filter.Since = time.Now().Add(-c.Since)
	}
	day := ""
	return audit.Read(dir, func(r audit.Record) error {
		if !filter.Match(r) {
			return nil
		}
		if c.JSON {
			line, err := json.Marshal(r)
			fmt.Println(string(line))
			return err
		}
		if !told(r) {
			return nil
		}
		if d := r.Time.Local().Format(time.DateOnly); d != day {
			day = d
			fmt.Println(day)
		}
		fmt.Println("  " + audit.Line(r, time.Local))
		return nil
	})
}

type auditVerifyCmd struct {
	Head        string `placeholder:"SEQ:HASH" help:"The newest record as it was known from elsewhere, so that a cut tail shows."`
	recordFlags `embed:""`
}

// Run checks the records. It fails when one was altered, removed or reordered.
func (c *auditVerifyCmd) Run(context.Context) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	var checks []audit.Check
	if c.Head != "" {
		seq, hash, _ := strings.Cut(c.Head, ":")
		n, err := strconv.ParseUint(seq, 10, 64)
		if err != nil || hash == "" {
			return fmt.Errorf("--head is the record's number, a colon and its hash, not %q", c.Head)
		}
		checks = append(checks, audit.ExpectHead(n, hash))
	}
	report, err := audit.Verify(dir, checks...)
	if err != nil {
		return err
	}
	fmt.Printf("%d records in %d files in %s\n", report.Records, report.Files, dir)
	for _, p := range report.Torn {
		fmt.Printf("torn: %s: the last line was cut short by a crash or a full disk\n", p)
	}
	for _, m := range report.Missing {
		fmt.Printf("gone: %s, deleted by retention or by somebody\n", m)
	}
	for _, i := range report.Unfinished {
		fmt.Printf("unknown: %s: %s; %s\n", i.Place, i.Record.Text, look(i.Record))
	}
	for _, p := range report.Problems {
		fmt.Printf("ALTERED: %s\n", p)
	}
	if !report.OK() {
		return errors.New("the records are not as they were written")
	}
	fmt.Println("Nothing was altered, removed or reordered.")
	return nil
}

// look is the command that shows whether a write without an outcome was done.
func look(r audit.Record) string {
	t, ok := tools.ByName(r.Tool)
	if !ok || t.Operations[0].LookWith == "" {
		return "look in Dixa whether it was done"
	}
	with := t.Operations[0].LookWith
	var a struct {
		ConversationID json.Number `json:"conversationId"`
	}
	_ = json.Unmarshal(r.Arguments, &a) // without a conversation the arguments are for the reader to fill in
	if a.ConversationID == "" {
		return fmt.Sprintf("look with: dixa-mcp call %s", with)
	}
	return fmt.Sprintf(`look with: dixa-mcp call %s '{"conversationId":%s}'`, with, a.ConversationID)
}
