package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Command is a program that is run for each event, which it reads from its standard input as one line of JSON. It is run without a shell,
// and its arguments are the same for each event: nothing that others wrote is ever part of a command line.
type Command struct {
	Args           []string
	Timeout        time.Duration
	Env            []string // of which it gets what is not about this program
	Stdout, Stderr io.Writer
	// Grant returns variables that give a run access for its event, and what takes that access back; nil for none.
	Grant func(ctx context.Context, event json.RawMessage) (env []string, revoke func(), err error)
}

// outputAfter is how long output is waited for after the program ended: what it started, and left running, may still have its output open.
var outputAfter = 5 * time.Second

// environment returns an environment without what is about this program: tokens, keys and where they are.
func environment(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return strings.HasPrefix(strings.ToUpper(v), "DIXA_") })
}

// Run runs the program for one event. Its error tells nothing that the program wrote.
func (c *Command) Run(ctx context.Context, event json.RawMessage) error {
	var access []string
	if c.Grant != nil {
		env, revoke, err := c.Grant(ctx, event)
		if err != nil {
			return fmt.Errorf("the program was not run: %w", err)
		}
		defer revoke()
		access = env
	}
	short, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	run := exec.CommandContext(short, c.Args[0], c.Args[1:]...)
	run.Env, run.Stdout, run.Stderr, run.WaitDelay = append(environment(c.Env), access...), c.Stdout, c.Stderr, outputAfter
	if run.Env == nil {
		run.Env = []string{} // nil would be this program's own
	}
	run.Stdin = bytes.NewReader(append(slices.Clone(event), '\n'))
	err := run.Run()
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it succeeded, and something else has its output open
		return nil
	case errors.Is(short.Err(), context.DeadlineExceeded):
		return fmt.Errorf("the program did not end within %s", c.Timeout)
	case errors.As(err, &exit):
		return fmt.Errorf("the program ended with %s", exit.ProcessState)
	case run.Process == nil:
		return fmt.Errorf("%w: the program could not be started: %w", ErrFinal, err)
	}
	return errors.New("the program could not be given the event")
}
