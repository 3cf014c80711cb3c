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
)

// print shows a request with all that would be sent.
func (d *desk) print(r approval.Request) {
	line := func(name, value string) { fmt.Fprintf(d.out, "%-14s %s\n", name, approval.Visible(value)) }
	line(r.Number, string(r.State))
	line("Asked by", r.Agent+", "+d.time(r.Created))
	line("Until", d.time(r.Expires))
	line("Tool", r.Tool+" ("+r.Level+")")
	line("Conversation", conversation(r))
	if now := d.Rules.Digest(); r.Rules != now {
		line("Rules", r.Rules+" when it asked; the capability file in force is "+now)
	}
	if !r.Decided.IsZero() {
		line("Decided", d.decision(r))
	}
	if r.Outcome != "" {
		line("Outcome", r.Outcome)
	}
	if r.Effect == "" && r.Arguments == nil {
		line("Text", "deleted")
		return
	}
	line("Would", r.Effect)
	fmt.Fprintln(d.out, "\nWhat would be sent, whole:")
	var arguments any
	decoder := json.NewDecoder(bytes.NewReader(r.Arguments))
	decoder.UseNumber()
	if err := decoder.Decode(&arguments); err != nil {
		arguments = string(r.Arguments)
	}
	printValue(d.out, "  ", "", arguments)
}

// decision says who decided what, when and why.
func (d *desk) decision(r approval.Request) string {
	what := "approved"
	if r.State == approval.Denied {
		what = "denied"
	}
	said := fmt.Sprintf("%s was %s by %s (key %s) at %s", r.Number, what, r.Approver, r.KeyID, d.time(r.Decided))
	if r.Reason != "" {
		said += ": " + approval.Visible(r.Reason)
	}
	return said
}

func (d *desk) time(t time.Time) string { return t.In(d.zone).Format("2006-01-02 15:04 MST") }

func conversation(r approval.Request) string {
	if r.Conversation == 0 {
		return "-"
	}
	return strconv.FormatInt(r.Conversation, 10)
}

// printValue prints an argument. Each line of a text has a bar before it, so that no text can pass for something that
// this program says.
func printValue(w io.Writer, indent, name string, value any) {
	if name != "" {
		name = approval.Visible(name) + ": "
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
			fmt.Fprintf(w, "%s  | %s\n", indent, approval.Visible(line))
		}
	case nil:
		fmt.Fprintf(w, "%s%snull\n", indent, name)
	default: // a number, true or false
		fmt.Fprintf(w, "%s%s%v\n", indent, name, v)
	}
}
