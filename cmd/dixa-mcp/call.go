package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"dixa-mcp/internal/gate"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

type callCmd struct {
	Tool      string `arg:"" help:"The tool's name, such as get_conversation."`
	Arguments string `arg:"" optional:"" help:"Its arguments as a JSON object; - reads them from standard input."`
	Agent     string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"As which agent of the file; by default the first of its stdio list."`
	dixaFlags `embed:""`
}

// Run prints exactly what a model would get. What failed goes to standard error, with exit code 1.
func (c *callCmd) Run(ctx context.Context, out *output) error {
	if _, ok := tools.ByName(c.Tool); !ok {
		return noSuchTool(c.Tool)
	}
	arguments := []byte(c.Arguments)
	if c.Arguments == "-" {
		var err error
		if arguments, err = readInput(ctx); err != nil {
			return err
		}
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
	a := s.gate.Call(ctx, gate.Request{Agent: agent.Name, Tool: c.Tool, Arguments: arguments})
	if a.Failed {
		return errors.New(a.Text)
	}
	out.printf("%s\n", a.Text)
	return nil
}

// readInput reads standard input to its end, unless ctx ends before: a read cannot be interrupted.
func readInput(ctx context.Context) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		text, err := io.ReadAll(os.Stdin)
		read <- input{text, err}
	}()
	select {
	case i := <-read:
		return i.text, i.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func noSuchTool(name string) error {
	names := tools.Names()
	if near := schemas.Nearest(name, names); near != "" {
		return fmt.Errorf("there is no tool %q; did you mean %s?", name, near)
	}
	slices.Sort(names)
	return fmt.Errorf("there is no tool %q; dixa-mcp tools lists all %d", name, len(names))
}
