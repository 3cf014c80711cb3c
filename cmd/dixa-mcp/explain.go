package main

import (
	"context"
	"errors"
	"fmt"

	"dixa-mcp/internal/gate"
	"dixa-mcp/tools"
)

type explainCmd struct {
	Tool      string `arg:"" help:"The tool's name, such as close_conversation."`
	Arguments string `arg:"" optional:"" help:"Its arguments as a JSON object."`
	Agent     string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"As which agent of the file; by default the first of its stdio list."`
	dixaFlags `embed:""`
}

// Run says what would become of a call. Nothing is sent but the reads that a bound needs.
func (c *explainCmd) Run(ctx context.Context) error {
	if _, ok := tools.ByName(c.Tool); !ok {
		return noSuchTool(c.Tool)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	agent, err := agentOf(s.rules, c.Agent)
	if err != nil {
		return err
	}
	e := s.gate.Explain(ctx, gate.Request{Agent: agent.Name, Tool: c.Tool, Arguments: []byte(c.Arguments)})
	verdict := "refused"
	if e.Granted {
		verdict = "granted"
	}
	fmt.Printf("%s: %s\n", verdict, e.Why)
	if e.Confirm != "" {
		fmt.Printf("waits for the yes of: %s\n", e.Confirm)
	}
	for _, f := range e.Filled {
		fmt.Printf("filled in: %s = %s (%s, line %d)\n", f.Argument, f.Value, f.Rule, f.Line)
	}
	for _, l := range e.Lookups {
		fmt.Printf("looked up: %s\n", l)
	}
	for _, r := range e.Requests {
		fmt.Printf("would send: %s\n", r)
	}
	if !e.Granted {
		return errors.New("refused")
	}
	return nil
}
