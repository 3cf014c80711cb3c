package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/privacy"
)

// mostListed is how many records and events are printed; JSON has all.
const mostListed = 50

// print prints what is kept; whole says whether with each item.
func (s *personSearch) print(out *output, whole bool) {
	one := func(label string, list []string) {
		if len(list) > 0 {
			out.printf("%-14s %s\n", label, safetext.Show(strings.Join(list, ", ")))
		}
	}
	one("Customer ids:", s.Person.Customers)
	one("Addresses:", s.Person.Addresses)
	one("Names:", s.Names)
	var conversations []string
	for _, id := range slices.Sorted(maps.Keys(s.Conversations)) {
		conversations = append(conversations, fmt.Sprint(id))
	}
	one("Conversations:", conversations)
	var without []string
	for _, p := range s.Places {
		if p.Problem == "" && len(p.Items) == 0 {
			without = append(without, p.Title())
			continue
		}
		out.printf("\n%s: %s\n", p.Title(), lines.Counted(len(p.Items), "item"))
		if p.Problem != "" {
			out.printf("  COULD NOT BE READ: %s\n", safetext.Lines(p.Problem))
		}
		if len(p.Items) == 0 {
			continue
		}
		out.printf("  Holds: %s\n  Kept:  %s\n", p.Holds, p.Kept)
		if !p.Erasable() {
			out.printf("  Not erased: %s\n", p.Stays)
		}
		if whole {
			s.items(out, p)
		}
	}
	for i, title := range without {
		if i == 0 {
			out.printf("\nNothing is kept in:\n")
		}
		out.printf("  %s\n", title)
	}
}

// items prints the things of a place. Lines of what customers and agents wrote begin with "|".
func (s *personSearch) items(out *output, p *privacy.Place) {
	list := p.Items
	if !p.Erasable() && len(list) > mostListed {
		out.printf("  The newest %d; --json has all:\n", mostListed)
		list = list[len(list)-mostListed:]
	}
	for _, i := range list {
		line := "  - "
		if !i.At.IsZero() {
			line += i.At.Local().Format("2006-01-02 15:04") + "  "
		}
		if p.Erasable() {
			line += i.ID + "  "
		}
		line += safetext.Show(i.What)
		if i.Until != nil {
			line += ", until " + until(*i.Until)
		}
		out.printf("%s\n", line)
		for text := range strings.Lines(i.Text) {
			out.printf("    | %s\n", safetext.Show(strings.TrimRight(text, "\r\n")))
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(i.Data, &fields) != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			var text string
			switch value := string(fields[name]); {
			case value == "null" || value == `""` || name == "text": // text is the source of what was printed
				continue
			case json.Unmarshal(fields[name], &text) != nil:
				text = value
			}
			out.printf("    | %s: %s\n", safetext.Show(name), safetext.Show(text))
		}
	}
}
