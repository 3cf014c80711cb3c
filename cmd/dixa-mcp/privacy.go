package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/privacy"
	"dixa-mcp/internal/seal"
)

type privacyCmd struct {
	Report privacyReportCmd `cmd:"" help:"Print what dixa-mcp itself keeps of a customer: where, how much, and until when."`
	Erase  privacyEraseCmd  `cmd:"" help:"Erase what dixa-mcp itself keeps of a customer. It erases nothing in Dixa."`
}

// privacyFlags name a customer and everything that may keep something of them.
type privacyFlags struct {
	Customer     []string `arg:"" help:"The customer: the id at Dixa, e-mail address or phone number. Give all that you know of one person."`
	Conversation []int64  `placeholder:"ID" help:"A conversation of the customer, which is not in the archive; may be repeated."`
	jsonFlag     `embed:""`
	fileFlag     `embed:""`
	recordFlags  `embed:""`
	redisFlag    `embed:""`
	archiveFlag  `embed:""`
}

type privacyReportCmd struct {
	privacyFlags `embed:""`
}

type privacyEraseCmd struct {
	DryRun       bool `help:"Print what would be erased, and erase nothing."`
	Yes          bool `help:"Erase without asking."`
	privacyFlags `embed:""`
}

// Run prints what is kept of a customer.
func (c *privacyReportCmd) Run(ctx context.Context, out *output) (err error) {
	s, err := c.search(ctx, "report on a customer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.Find(ctx)
	if err := s.record(ctx, audit.EventRead, "privacy_report", s.Failed()); err != nil {
		return err
	}
	if c.JSON {
		return errors.Join(out.json(s.Report()), s.Failed())
	}
	s.print(out, true)
	return s.Failed()
}

// Run erases what is kept of a customer.
func (c *privacyEraseCmd) Run(ctx context.Context, out *output) (err error) {
	s, err := c.search(ctx, "erase what is kept of a customer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.Find(ctx)
	if c.DryRun {
		if err := s.record(ctx, audit.EventRead, "privacy_report", s.Failed()); err != nil {
			return err
		}
		if c.JSON {
			return errors.Join(out.json(s.Report()), s.Failed())
		}
		s.print(out, false)
		out.printf("\nNothing was erased.\n")
		return s.Failed()
	}
	if !c.Yes {
		s.print(&output{to: os.Stderr}, false)
		if err := agree(ctx, "Erase what can be erased?", "nothing was erased", "to erase"); err != nil {
			return err
		}
	}
	if err := s.record(ctx, audit.EventIntent, "privacy_erase", nil); err != nil {
		return err
	}
	s.Erase(ctx)
	if err := s.record(ctx, audit.EventOutcome, "privacy_erase", s.Failed()); err != nil {
		return errors.Join(s.Failed(), err)
	}
	if c.JSON {
		return errors.Join(out.json(s.Report()), s.Failed())
	}
	s.printErased(out)
	return s.Failed()
}

// personSearch is a search for a customer, with its record.
type personSearch struct {
	*privacy.Search
	given archive.Person // as the command line names the person
	named []int64        // conversations that the command line names
	log   *audit.Log
}

// search opens the records, and reads who is meant. Nothing was looked at yet.
func (c *privacyFlags) search(ctx context.Context, start string) (*personSearch, error) {
	s := &personSearch{Search: &privacy.Search{Conversations: map[int64]bool{}, Call: audit.NewCallID()}, named: c.Conversation}
	for _, id := range c.Conversation {
		if id < 1 {
			return nil, usagef("--conversation must be the number of a conversation, not %d; nothing was done", id)
		}
		s.Conversations[id] = true
	}
	for _, text := range c.Customer {
		if !s.Add(text) {
			return nil, usagef("CUSTOMER must be an id (a UUID), an e-mail address or a phone number of at least 5 digits, not %q; nothing was done", text)
		}
	}
	s.given = s.Person
	rules, _, err := c.load()
	if err != nil {
		return nil, err
	}
	s.ArchiveKept, s.RecordsKept = rules.ArchiveKept(), rules.RecordsKept()
	reach := reachFlags{State: c.State, Audit: c.Audit}
	if s.State, err = reach.stateDir(); err != nil {
		return nil, err
	}
	if s.Records, err = reach.auditDir(); err != nil {
		return nil, err
	}
	s.OpenArchive = func() (privacy.Archive, error) { return c.openArchive(s.State) }
	key, err := reach.recordKey()
	if err != nil {
		return nil, err
	}
	s.Key, s.HashKeys = key, [][]byte{key}
	if s.Group, err = c.connect(ctx, ""); err != nil {
		return nil, err
	}
	if s.Group != nil { // all servers share one key, and those without Redis have their own
		s.HashKeys = append([][]byte{seal.Derive(s.Group.Secret(), "records")}, s.HashKeys...)
	}
	if s.log, err = reach.openRecords(start); err != nil {
		if s.Group != nil {
			s.Group.Close()
		}
		return nil, err
	}
	return s, nil
}

// record records what was done, without an address.
func (s *personSearch) record(ctx context.Context, event audit.Event, tool string, failed error) error {
	customer, conversations := []any{}, []int64{}
	for _, id := range s.given.Customers {
		customer = append(customer, id)
	}
	for _, address := range s.given.Addresses {
		customer = append(customer, map[string]string{"hash": audit.Hash(s.HashKeys[0], address)})
	}
	conversations = append(conversations, s.named...)
	done := deed{call: s.Call, tool: tool, level: "read", verb: audit.Verb{Past: "read", Infinitive: "read", Object: "what dixa-mcp keeps of a customer"},
		arguments: map[string]any{"customer": customer, "conversationId": conversations, "found": s.Counts()}, reason: "a part failed"}
	if tool == "privacy_erase" {
		done.level, done.verb.Past, done.verb.Infinitive = "erase", "erased", "erase"
	}
	if err := done.record(ctx, s.log, event, failed); err != nil {
		return fmt.Errorf("%s could not be recorded: %w", tool, err)
	}
	return nil
}

// close closes what the search opened, and the records.
func (s *personSearch) close() error { return errors.Join(s.Close(), s.log.Close()) }

// printErased prints what was erased and what remains.
func (s *personSearch) printErased(out *output) {
	for _, p := range s.Places {
		switch {
		case p.Problem != "":
			out.printf("%s: NOT ERASED: %s\n", p.Title(), safetext.Lines(p.Problem))
		case len(p.Items) == 0:
			out.printf("%s: nothing of the customer.\n", p.Title())
		case !p.Erasable():
			out.printf("%s: %s remain. %s\n", p.Title(), lines.Counted(len(p.Items), "item"), p.Stays)
		default:
			out.printf("%s: erased %s. %s\n", p.Title(), lines.Counted(len(p.Items), "item"), p.Stays)
		}
	}
	out.printf("\n%s\n", inDixa)
}

// inDixa says what this does not do.
const inDixa = "Nothing was erased in Dixa. That is done by the tool erase_customer, for example:\n" +
	`dixa-mcp call erase_customer '{"customer":"ID"}' --agent privacy_officer` + "\n" +
	"Copies that were made earlier still have what they had: backups, exports, and what a database or a file system keeps."

// until says when something is no longer kept.
func until(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
