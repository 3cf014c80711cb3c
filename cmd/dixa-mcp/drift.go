package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/drift"
	"dixa-mcp/internal/openapi"
	"dixa-mcp/tools"
)

type driftCmd struct {
	Document string   `arg:"" help:"Dixa's OpenAPI document as JSON, - for standard input."`
	Files    []string `arg:"" optional:"" placeholder:"CAPABILITIES" name:"capabilities-file" help:"Capability files in which to look for operations that are gone or deprecated; by default the one in force."`
	jsonFlag `embed:""`
	fileFlag `embed:""`
}

// driftFinding is a difference with what it means for this program.
type driftFinding struct {
	drift.Finding
	Tools []string    `json:"tools,omitempty"` // that send the operation
	Todo  string      `json:"todo"`
	Files []driftFile `json:"files,omitempty"` // of operations that are gone or deprecated
}

// driftReport is what the command prints as JSON.
type driftReport struct {
	Document   string         `json:"document"`
	Operations int            `json:"operations"`
	Drift      bool           `json:"drift"`
	Findings   []driftFinding `json:"findings"`
}

// Run prints how the document differs from what the program was built for.
func (c *driftCmd) Run(out *output) error {
	text, err := readDocument(c.Document)
	if err != nil {
		return err
	}
	report, err := compareDocument(text)
	if err != nil {
		return fmt.Errorf("%s cannot be compared: %w; nothing was compared", c.Document, err)
	}
	report.Document = c.Document
	if err := c.addFiles(report.Findings); err != nil {
		return err
	}
	if c.JSON {
		err = out.json(report)
	} else {
		report.print(out)
	}
	if err != nil || !report.Drift {
		return err
	}
	return &exitError{exitDrift, fmt.Errorf("%s differs from what this program was built for: %s", c.Document, lines.Counted(len(report.Findings), "difference"))}
}

// readDocument reads a file, or standard input.
func readDocument(path string) ([]byte, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, openapi.MaxBytes+1))
}

func compareDocument(text []byte) (*driftReport, error) {
	doc, err := openapi.Read(text)
	if err != nil {
		return nil, err
	}
	now, err := drift.SurfaceOf(doc)
	if err != nil {
		return nil, err
	}
	built, err := drift.Baseline()
	if err != nil {
		return nil, err
	}
	found, err := drift.Compare(built, now)
	if err != nil {
		return nil, err
	}
	report := &driftReport{Operations: len(now), Drift: len(found) > 0, Findings: []driftFinding{}}
	for _, f := range found {
		report.Findings = append(report.Findings, driftFinding{Finding: f, Tools: toolsThatSend(f.Route), Todo: todo(f)})
	}
	return report, nil
}

// toolsThatSend names the tools that send an operation, those of this operation alone first.
func toolsThatSend(route string) []string {
	var own, others []string
	for _, t := range tools.All() {
		if !slices.ContainsFunc(slices.Concat(t.Operations, t.Uses), func(s *dixaclient.Spec) bool { return s.Method+" "+s.Path == route }) {
			continue
		}
		if len(t.Operations) == 1 && len(t.Uses) == 0 {
			own = append(own, t.Name)
		} else {
			others = append(others, t.Name)
		}
	}
	return append(own, others...)
}

// todo says what a difference asks for.
func todo(f drift.Finding) string {
	switch f.Kind {
	case drift.OperationAdded:
		name := cmp.Or(snake(f.ID), "a name")
		return fmt.Sprintf("Add it as CONTRIBUTING.md describes under \"Adding an operation\": its types and one line in dixaclient/ (named %s, for example), and the rest. "+
			"Its level is for a person to decide: read, write, send or erase.", name)
	case drift.OperationRemoved:
		return "Remove it from dixaclient/, tools/ and internal/offline/, and from the capability files that name it, before Dixa switches it off."
	case drift.OperationChanged:
		return "Change its line in dixaclient/: the option deprecated, or its host. Look for the operation that replaces it."
	case drift.RequestChanged:
		return "Change the type of the request in dixaclient/ and its handler in internal/offline/."
	}
	return "Change the type of the answer in dixaclient/ if it has the field, the handler in internal/offline/, and tools/trust_table.go, which says who writes each text."
}

// snake turns an operationId such as getTagById into the form of a tool's name.
func snake(id string) string {
	var b strings.Builder
	for i, r := range id {
		switch {
		case r >= 'A' && r <= 'Z':
			if i > 0 && b.Len() < maxName {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		default:
			r = '_'
		}
		if b.Len() < maxName {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxName is how long a suggested name gets.
const maxName = 40
