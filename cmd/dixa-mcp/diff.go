package main

import (
	"dixa-mcp/internal/capability"
)

type diffCmd struct {
	Old      string `arg:"" help:"Capability file before."`
	New      string `arg:"" help:"Capability file after."`
	jsonFlag `embed:""`
}

// Run says in words who gains and who loses what.
func (c *diffCmd) Run(out *output) error {
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
