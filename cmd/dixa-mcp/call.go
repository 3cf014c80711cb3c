package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

type callCmd struct {
	Tool      string `arg:"" help:"Name of the tool, such as get_conversation."`
	Arguments string `arg:"" optional:"" help:"Arguments as a JSON object; - reads them from standard input."`
	Agent     string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent of the capability file; by default the first of its stdio list."`
	JSON      bool   `name:"json" help:"Print the answer as JSON, whatever the capability file says."`
	dixaFlags `embed:""`
}

// Run prints exactly what a model would get. A failed call is an error.
func (c *callCmd) Run(ctx context.Context, out *output) error {
	_, ok := tools.Any(c.Tool)
	if !ok {
		return noSuchTool(c.Tool)
	}
	arguments, err := readArguments(ctx, c.Arguments)
	if err != nil {
		return err
	}
	var seen callWatch
	c.inJSON = c.JSON
	s, err := c.assemble(ctx, replicaName(), func(*system) (gate.Observer, error) { return &seen, nil })
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
		if a.Invalid {
			return &exitError{exitUsage, errors.New(a.Text)}
		}
		return seen.failed(a.Text, s.token.from)
	}
	fmt.Fprintln(out, a.Text) // every character as a model gets it
	return nil
}

// readArguments returns the arguments of a tool; - reads them from standard input.
func readArguments(ctx context.Context, given string) ([]byte, error) {
	arguments := []byte(given)
	if given == "-" {
		var err error
		if arguments, err = readInput(ctx, os.Stdin); err != nil {
			return nil, err
		}
	}
	return arguments, oneObject(arguments)
}

// oneObject refuses arguments that are not a JSON object.
func oneObject(arguments []byte) error {
	text := bytes.TrimSpace(arguments)
	if len(text) == 0 {
		return nil
	}
	if !json.Valid(text) {
		return usagef("the arguments are not valid JSON; give one object such as '{\"conversationId\":1234}'. Nothing was sent to Dixa.")
	}
	if text[0] != '{' {
		return usagef("the arguments must be one JSON object such as '{\"conversationId\":1234}', not %.40q. Nothing was sent to Dixa.", text)
	}
	return nil
}

// callWatch notes how a call ends, for the exit code.
type callWatch struct {
	mu      sync.Mutex
	refused bool
	status  int // of Dixa's last answer
}

// Call implements [gate.Observer].
func (w *callWatch) Call(ctx context.Context, _ gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	return ctx, func(end gate.CallEnd) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused = end.Decision == audit.Refused || end.Outcome == audit.OutcomeRefused
	}
}

// Operation implements [gate.Observer].
func (w *callWatch) Operation(ctx context.Context, _ gate.CallInfo, _ *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	return ctx, func(end gate.OperationEnd) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.status = end.Status
	}
}

// failed returns an error with the text of a failed call and its exit code. If Dixa did not accept the token, it names the
// token's source.
func (w *callWatch) failed(text, token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := errors.New(text)
	switch {
	case w.status == http.StatusUnauthorized || w.status == http.StatusForbidden:
		return &exitError{exitRefused, errors.New(text + " The token is from " + token + ".")}
	case w.refused:
		return &exitError{exitRefused, err}
	case w.status == http.StatusNotFound:
		return &exitError{exitNotFound, err}
	}
	return err
}

// readInput reads to the end, or until ctx ends: a read itself cannot be interrupted.
func readInput(ctx context.Context, from io.Reader) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		text, err := io.ReadAll(from)
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
		return notFoundf("there is no tool %q; did you mean %s?", name, near)
	}
	slices.Sort(names)
	return notFoundf("there is no tool %q; dixa-mcp tools lists all %d", name, len(names))
}
