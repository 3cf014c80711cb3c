package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/safetext"
)

// approvalPrinter prints requests for people.
type approvalPrinter struct {
	out  *output
	zone *time.Location
}

// list prints requests as a table.
func (p approvalPrinter) list(items []approver.Item, drafts bool) {
	if len(items) == 0 && drafts {
		p.out.printf("No drafts wait to be sent by an approver.\n")
		return
	}
	if len(items) == 0 {
		p.out.printf("No calls wait for approval.\n")
		return
	}
	rows := [][]string{{"NUMBER", "STATE", "AGENT", "TOOL", "LEVEL", "CONVERSATION", "ASKED", "UNTIL"}}
	for _, r := range items {
		number := r.Number
		if r.Draft != "" {
			number += " " + r.Draft
		}
		rows = append(rows, []string{number, string(r.State), asker(r), r.Tool, r.Level, conversation(r), p.time(r.Created), p.time(r.Expires)})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = safetext.Show(row[i])
		}
	}
	p.out.table(rows)
}

// whole prints a request with everything that would be sent.
func (p approvalPrinter) whole(r approver.Details) {
	line := func(name, value string) { p.out.printf("%-14s %s\n", name, safetext.Show(value)) }
	line(safetext.Show(r.Number), string(r.State))
	if r.Draft != "" {
		line("Draft", r.Draft)
	}
	line("Asked by", asker(r.Item)+", "+p.time(r.Created))
	line("Until", p.time(r.Expires))
	if !r.Escalates.IsZero() {
		line("Escalates", p.time(r.Escalates))
	}
	line("Tool", r.Tool+" ("+r.Level+")")
	line("Conversation", conversation(r.Item))
	if r.Rules != r.RulesNow {
		line("Rules", r.Rules+" when the agent asked; the capability file in force is "+r.RulesNow)
	}
	if r.State == approval.Pending && r.WhyNot != "" {
		line("Decision", r.WhyNot)
	}
	if !r.Decided.IsZero() {
		line("Decided", p.decision(r.Item))
	}
	if r.Outcome != "" {
		line("Outcome", r.Outcome)
	}
	if r.Effect == "" && r.Arguments == nil {
		line("Text", "deleted")
		return
	}
	p.review(r)
	line("Would", r.Effect)
	p.steps(r)
	p.out.printf("\nThe whole request:\n")
	var arguments any
	whole := r.Shown
	if whole == nil { // it was parked by an earlier release
		whole = r.Arguments
	}
	decoder := json.NewDecoder(bytes.NewReader(whole))
	decoder.UseNumber()
	if err := decoder.Decode(&arguments); err != nil {
		arguments = string(whole)
	}
	printValue(p.out, "  ", "", arguments)
}

// review prints what Dixa says now.
func (p approvalPrinter) review(r approver.Details) {
	seen := r.Review
	if seen == nil {
		return
	}
	line := func(name, value string) {
		if value != "" {
			p.out.printf("%-14s %s\n", name, safetext.Show(value))
		}
	}
	line("Customer", joined(seen.Customer.Name, seen.Customer.Email, seen.Customer.Phone))
	line("Subject", seen.Subject)
	line("In", joined(seen.Channel, seen.State, seen.Queue))
	line("To", r.To)
	line("Cc", strings.Join(r.Cc, ", "))
	line("Bcc", strings.Join(r.Bcc, ", "))
	line("Attachments", strings.Join(r.Files, ", "))
	if seen.Overtaken {
		line("Warning", "a message arrived after the agent asked: an approval would not be valid, and the agent has to ask again")
	}
	line("Note", seen.Note)
	if len(seen.LeftOut) > 0 {
		line("Left out", strings.Join(seen.LeftOut, "; "))
	}
	if seen.Thread != "" {
		earlier := ""
		if seen.Earlier > 0 {
			earlier = fmt.Sprintf(" (%d earlier ones are in Dixa)", seen.Earlier)
		}
		p.out.printf("\nThe last messages%s:\n", earlier)
		for text := range strings.SplitSeq(strings.TrimSuffix(seen.Thread, "\n"), "\n") {
			p.out.printf("  %s\n", safetext.Show(text))
		}
		p.out.printf("\n")
	}
}

// steps prints what would change, with before and after.
func (p approvalPrinter) steps(r approver.Details) {
	for i, s := range r.Steps {
		change := s.After
		switch {
		case s.Same:
			change = "no change"
		case s.Before != "":
			change = s.Before + " → " + s.After
		}
		p.out.printf("  %d. %s\n", i+1, safetext.Show(s.What+": "+change))
	}
}

// decided prints what came of a decision.
func (p approvalPrinter) decided(r approver.Details, now approver.Decided, v approver.Verdict) {
	edited := ""
	if now.Edited {
		edited = " with an edited text"
	}
	switch {
	case !v.Approve:
		p.out.printf("\nDenied by %s. The text was deleted.\n", now.Approver)
	case !now.Sent.IsZero():
		p.out.printf("\nApproved by %s%s and sent by %s at %s:\n", now.Approver, edited, now.SentBy, p.time(now.Sent))
		for text := range strings.SplitSeq(now.Answer, "\n") {
			p.out.printf("  %s\n", safetext.Show(text))
		}
	case v.Send: // the error says why it was not sent
	case r.Draft != "":
		p.out.printf("\nApproved by %s%s. Nothing was sent: the agent does not wait for a draft. To send it, approve it again with --send.\n", now.Approver, edited)
	default:
		p.out.printf("\nApproved by %s%s. Nothing was sent yet. The next identical call of %s is carried out, once, until %s, unless the conversation gets a message before then.\n", now.Approver, edited, r.Agent, p.time(r.Expires))
	}
}

// joined joins what there is.
func joined(values ...string) string {
	return strings.Join(slices.DeleteFunc(values, func(v string) bool { return v == "" }), " · ")
}

// decision says who decided what, when and why.
func (p approvalPrinter) decision(r approver.Item) string {
	what := "approved"
	if r.State == approval.Denied {
		what = "denied"
	}
	said := fmt.Sprintf("%s was %s by %s (key %s) at %s", r.Number, what, r.Approver, r.KeyID, p.time(r.Decided))
	if r.Reason != "" {
		said += ": " + r.Reason
	}
	return safetext.Show(said)
}

func (p approvalPrinter) time(t time.Time) string { return t.In(p.zone).Format("2006-01-02 15:04 MST") }

// asker names the agent that asked, and for whom.
func asker(r approver.Item) string {
	if r.Person == "" {
		return r.Agent
	}
	return r.Agent + " for " + r.Person
}

func conversation(r approver.Item) string {
	if r.Conversation == 0 {
		return "-"
	}
	return strconv.FormatInt(r.Conversation, 10)
}

// printValue prints an argument. Each line of a text begins with a bar, so that no text can pass for output of this
// program.
func printValue(w io.Writer, indent, name string, value any) {
	if name != "" {
		name = safetext.Show(name) + ": "
	}
	switch v := value.(type) {
	case map[string]any:
		if name != "" {
			fmt.Fprintln(w, indent+strings.TrimSpace(name))
			indent += "  "
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			printValue(w, indent, key, v[key])
		}
	case []any:
		fmt.Fprintf(w, "%s%s%d of them\n", indent, name, len(v))
		for i, item := range v {
			printValue(w, indent+"  ", strconv.Itoa(i+1), item)
		}
	case string:
		fmt.Fprintln(w, indent+strings.TrimSpace(name))
		for line := range strings.SplitSeq(strings.ReplaceAll(v, "\r\n", "\n"), "\n") {
			fmt.Fprintf(w, "%s  | %s\n", indent, safetext.Show(line))
		}
	case nil:
		fmt.Fprintf(w, "%s%snull\n", indent, name)
	default: // a number, true or false
		fmt.Fprintf(w, "%s%s%v\n", indent, name, v)
	}
}
