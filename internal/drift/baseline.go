package drift

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// baseline is the surface that the operations in dixaclient were written for: a line for each operation, and indented below
// it one for each part. make update-golden makes it, with DIXA_CONTRACT set.
//
//go:embed baseline.txt
var baseline string

// Baseline returns the surface that this program was built for.
func Baseline() (Surface, error) { return parse(baseline) }

// details are what a line of the baseline says of a part behind its segment and its type.
type details struct {
	Name       string   `json:"name,omitempty"`
	Required   bool     `json:"required,omitempty"`
	Deprecated bool     `json:"deprecated,omitempty"`
	Enum       []string `json:"enum,omitempty"`
	Limits     []string `json:"limits,omitempty"`
}

// String writes the surface as text, sorted.
func (s Surface) String() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s)) {
		o := s[key]
		fmt.Fprintf(&b, "%s %s %s", o.Method, o.Path, o.Host)
		if o.Deprecated {
			b.WriteString(" deprecated")
		}
		b.WriteString("\n")
		write(&b, o.Parts, 1)
	}
	return b.String()
}

func write(b *strings.Builder, parts []*Part, depth int) {
	for _, p := range parts {
		fmt.Fprintf(b, "%s%s\t%s", strings.Repeat(" ", depth), p.Segment, p.Type)
		if more, err := json.Marshal(details{p.Name, p.Required, p.Deprecated, p.Enum, p.Limits}); err == nil && string(more) != "{}" {
			fmt.Fprintf(b, "\t%s", more)
		}
		b.WriteString("\n")
		write(b, p.Parts, depth+1)
	}
}

// parse reads what [Surface.String] wrote.
func parse(text string) (Surface, error) {
	s := Surface{}
	var open []*[]*Part // where a part of each depth goes
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		rest := strings.TrimLeft(line, " ")
		depth := len(line) - len(rest)
		if depth == 0 {
			fields := strings.Fields(line)
			if len(fields) < 3 {
				return nil, fmt.Errorf("baseline: line %d: want METHOD PATH HOST", n+1)
			}
			o := &Operation{Method: fields[0], Path: fields[1], Host: fields[2], Deprecated: len(fields) > 3}
			s[o.Method+" "+pattern(o.Path)] = o
			open = []*[]*Part{&o.Parts}
			continue
		}
		cells := strings.Split(rest, "\t")
		if len(cells) < 2 || depth > len(open) {
			return nil, fmt.Errorf("baseline: line %d: want SEGMENT and TYPE below what it is in", n+1)
		}
		var d details
		if len(cells) > 2 {
			if err := json.Unmarshal([]byte(cells[2]), &d); err != nil {
				return nil, fmt.Errorf("baseline: line %d: %w", n+1, err)
			}
		}
		p := &Part{Segment: cells[0], Type: cells[1], Name: d.Name, Required: d.Required, Deprecated: d.Deprecated, Enum: d.Enum, Limits: d.Limits}
		*open[depth-1] = append(*open[depth-1], p)
		open = append(open[:depth], &p.Parts)
	}
	return s, nil
}
