package main

import (
	"fmt"
	"strings"

	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/drift"
)

// longest is how much is printed of a text of the document.
const longest = 300

// print writes the report for people: a section for each kind of difference, and the same difference of several operations
// once.
func (r *driftReport) print(out *output) {
	if !r.Drift {
		out.printf("no drift: the %d operations in %s are as this program knows them\n", r.Operations, r.Document)
		return
	}
	var kind drift.Kind
	routes := map[string][]string{} // of findings that are alike
	for _, f := range r.Findings {
		routes[f.alike()] = append(routes[f.alike()], f.Route)
	}
	for i, f := range r.Findings {
		others := routes[f.alike()]
		if len(others) == 0 { // printed with the first of them
			continue
		}
		delete(routes, f.alike())
		if f.Kind != kind {
			out.printf("%s%s\n", heading(i == 0), strings.ToUpper(string(f.Kind)))
			kind = f.Kind
			if kind != drift.OperationAdded {
				out.printf("  %s\n", f.Todo)
			}
		}
		out.printf("- %s\n", safetext.Brief(f.sentence(), longest))
		if f.Kind == drift.OperationAdded {
			out.printf("  %s\n", f.Todo)
		} else {
			out.printf("  tools: %s\n", strings.Join(f.Tools, ", "))
		}
		if others = others[1:]; len(others) > 0 {
			out.printf("  also in: %s\n", strings.Join(lines.First(others, 12, false), ", "))
		}
		for _, file := range f.Files {
			out.printf("  %s\n", file)
		}
	}
	out.printf("\n")
}

func heading(first bool) string {
	if first {
		return ""
	}
	return "\n"
}

// sentence says what a finding is.
func (f driftFinding) sentence() string {
	switch {
	case f.Place != "":
		return fmt.Sprintf("%s: %s %s", f.Route, f.Place, f.Change)
	case f.Summary != "":
		return fmt.Sprintf("%s %s: %q", f.Route, f.Change, safetext.Brief(f.Summary, longest/2))
	}
	return f.Route + " " + f.Change
}

// String says where a file names or grants an operation.
func (f driftFile) String() string {
	var parts []string
	if len(f.Lines) > 0 {
		parts = append(parts, "named in line "+strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Lines), " ", ", "), "[]"))
	}
	if len(f.Agents) > 0 {
		parts = append(parts, "granted to "+strings.Join(f.Agents, ", "))
	}
	return f.File + ": " + strings.Join(parts, "; ")
}

// alike names what a finding shares with those that are most likely the same change: of a schema that several operations
// use. An operation is alike to none but itself.
func (f driftFinding) alike() string {
	if f.Place == "" {
		return f.Route + " " + f.Change
	}
	return fmt.Sprint(f.Kind, " ", tail(f.Place), " ", f.Change)
}

// tail returns a place from the last member of a union on, else from its last dot on.
func tail(place string) string {
	if i := strings.LastIndexByte(place, '<'); i >= 0 {
		return place[i:]
	}
	return place[strings.LastIndexByte(place, '.')+1:]
}
