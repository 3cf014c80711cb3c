package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/test/program"
)

// binary is the path of the built program.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dixa-mcp-test-")
	if err == nil {
		defer os.RemoveAll(dir)
		binary, err = program.Build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return pgtest.Run(m)
}

// limit is how long a command may take before a test calls it hung.
const limit = 30 * time.Second

// place is a home directory in which commands are run.
type place struct {
	t    *testing.T
	home string
	env  []string
}

// operations is the built-in capability file of release 1.0, whose agents see operations.
//
//go:embed testdata/operations.yaml
var operations string

// newPlace makes a home directory with that capability file.
func newPlace(t *testing.T) *place {
	p := &place{t: t, home: t.TempDir()}
	p.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "XDG_CONFIG_HOME=" + filepath.Join(p.home, "config"), "XDG_STATE_HOME=" + filepath.Join(p.home, "state")}
	p.write("config/dixa-mcp/capabilities.yaml", operations)
	return p
}

// builtIn takes the capability file away, so that the built-in one is in force.
func (p *place) builtIn() {
	require.NoError(p.t, os.RemoveAll(filepath.Join(p.home, "config/dixa-mcp")))
}

// write creates a file in the home directory and returns its path.
func (p *place) write(name, text string) string {
	path := filepath.Join(p.home, name)
	require.NoError(p.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(p.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// command returns the program with arguments and more environment. In both, ~ stands for the home directory.
func (p *place) command(env []string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	p.t.Cleanup(cancel)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "~", p.home)
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir, c.Env = p.home, append(append([]string{}, p.env...), env...)
	for i := range c.Env {
		c.Env[i] = strings.ReplaceAll(c.Env[i], "~", p.home)
	}
	return c
}

// outcome is the result of a command.
type outcome struct {
	code           int
	stdout, stderr string
}

func finish(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	failed := c.Run()
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		require.NoError(t, failed)
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// run runs a command to its end, without input.
func (p *place) run(args ...string) outcome {
	p.t.Helper()
	return finish(p.t, p.command(nil, args...))
}

// good runs a command that must succeed, and returns what it printed.
func (p *place) good(args ...string) string {
	p.t.Helper()
	o := p.run(args...)
	require.Zero(p.t, o.code, o.stderr)
	return o.stdout
}
