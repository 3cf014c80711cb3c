package main

import (
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

type diffCmd struct {
	Old      string `arg:"" optional:"" help:"File before the change; with --against, the file whose agents are listed."`
	New      string `arg:"" optional:"" help:"File after the change."`
	Against  string `placeholder:"RELEASE" help:"List the tools that were added after this release of dixa-mcp, and the agents of the file that have them."`
	jsonFlag `embed:""`
}

// Run prints who gains and who loses what.
func (c *diffCmd) Run(out *output) error {
	if c.Against != "" {
		return c.against(out)
	}
	if c.New == "" {
		return usagef("diff needs two files, or --against RELEASE")
	}
	before, err := capability.Load(c.Old)
	if err != nil {
		return err
	}
	after, err := capability.Load(c.New)
	if err != nil {
		return err
	}
	changes := capability.Diff(before, after)
	if c.JSON {
		return out.json(map[string][]string{"changes": append([]string{}, changes...)})
	}
	for _, line := range changes {
		out.printf("%s\n", line)
	}
	if len(changes) == 0 {
		out.printf("No agent gains or loses anything.\n")
	}
	return nil
}

// against lists the tools that were added after a release, with the agents that have them.
func (c *diffCmd) against(out *output) error {
	if c.New != "" {
		return usagef("--against takes one file, not two")
	}
	added, err := capability.Added(c.Against)
	if err != nil {
		return err
	}
	var rules *capability.Rules
	if c.Old != "" {
		if rules, err = capability.Load(c.Old); err != nil {
			return err
		}
	}
	list := []addedTool{}
	for _, t := range added {
		list = append(list, addedTool{t.Name, t.Level.String(), holders(rules, t)})
	}
	if c.JSON {
		return out.json(map[string]any{"against": c.Against, "added": list})
	}
	for _, t := range list {
		out.table([][]string{append([]string{t.Name, t.Level}, t.Agents...)})
	}
	if len(list) == 0 {
		out.printf("No tool was added after %s.\n", c.Against)
	}
	return nil
}

// addedTool is a tool that was added after a release, with the agents that have it.
type addedTool struct {
	Name   string   `json:"tool"`
	Level  string   `json:"level"`
	Agents []string `json:"agents"`
}

// holders names the agents that have a tool.
func holders(rules *capability.Rules, t *tools.Tool) []string {
	names := []string{}
	if rules != nil {
		for _, a := range rules.Agents() {
			if a.Operation(t.Name).Allowed {
				names = append(names, a.Name)
			}
		}
	}
	return names
}
