package main

import (
	"fmt"

	"dixa-mcp/internal/capability"
)

type diffCmd struct {
	Old string `arg:"" help:"The file before."`
	New string `arg:"" help:"The file after."`
}

// Run says in words who gains and who loses what.
func (c *diffCmd) Run() error {
	before, err := capability.Load(c.Old)
	if err != nil {
		return err
	}
	after, err := capability.Load(c.New)
	if err != nil {
		return err
	}
	changes := capability.Diff(before, after)
	for _, line := range changes {
		fmt.Println(line)
	}
	if len(changes) == 0 {
		fmt.Println("No agent gains or loses anything.")
	}
	return nil
}
