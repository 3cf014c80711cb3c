package main

import (
	"fmt"
	"regexp"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/drift"
)

// driftFile is a capability file that names or grants an operation that is gone or deprecated.
type driftFile struct {
	File   string   `json:"file"`
	Lines  []int    `json:"lines,omitempty"`  // that name its tool
	Agents []string `json:"agents,omitempty"` // that are granted it, each with the rule and its line
}

// capabilityText is a capability file that was read.
type capabilityText struct {
	where string
	lines []string
	rules *capability.Rules
}

// addFiles adds to operations that are gone or deprecated which capability files name or grant them.
func (c *driftCmd) addFiles(findings []driftFinding) error {
	var files []capabilityText // read when first needed
	for i, f := range findings {
		if f.Kind != drift.OperationRemoved && f.Kind != drift.OperationChanged {
			continue
		}
		if files == nil {
			var err error
			if files, err = c.readFiles(); err != nil {
				return err
			}
		}
		for _, file := range files {
			if found := file.naming(f.Route); len(found.Lines)+len(found.Agents) > 0 {
				findings[i].Files = append(findings[i].Files, found)
			}
		}
	}
	return nil
}

func (c *driftCmd) readFiles() ([]capabilityText, error) {
	paths := c.Files
	if len(paths) == 0 {
		paths = []string{c.Capabilities}
	}
	var all []capabilityText
	for _, path := range paths {
		flag := fileFlag{Capabilities: path}
		path, data, err := flag.read()
		if err != nil {
			return nil, err
		}
		rules, err := flag.parse(dixaclient.V1, path, data)
		if err != nil {
			return nil, err
		}
		if path == "" {
			path = "the built-in capability file"
		}
		all = append(all, capabilityText{path, strings.Split(string(data), "\n"), rules})
	}
	return all, nil
}

// naming returns where a file names the operations of a route, and which agents are granted them.
func (f capabilityText) naming(route string) driftFile {
	found := driftFile{File: f.where}
	for _, s := range dixaclient.Operations() {
		if s.Method+" "+s.Path != route {
			continue
		}
		name := regexp.MustCompile(`\b` + s.Name + `\b`)
		for i, line := range f.lines {
			if before, _, _ := strings.Cut(line, "#"); name.MatchString(before) {
				found.Lines = append(found.Lines, i+1)
			}
		}
		for _, a := range f.rules.Agents() {
			if d := a.Operation(s.Name); d.Allowed {
				found.Agents = append(found.Agents, fmt.Sprintf("%s (%s, line %d)", a.Name, d.Rule, d.Line))
			}
		}
	}
	return found
}
