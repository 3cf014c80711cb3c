package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of exit codes in the documentation has every code, and no other.
func TestDocsExitCodes(t *testing.T) {
	text, err := os.ReadFile("../../docs/commands.md")
	require.NoError(t, err)
	var told []int
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| `).FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		told = append(told, n)
	}
	require.Equal(t, []int{exitDone, exitFailed, exitUsage, exitRefused, exitNotFound, exitDrift, exitInterrupted, exitPipe}, told)
}

func TestExitCode(t *testing.T) {
	ctx, stopped := context.Background(), context.Background()
	stopped, cancel := context.WithCancel(stopped)
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		err  error
		want int
	}{
		{ctx, nil, exitDone}, {stopped, nil, exitDone}, // a server that was told to stop did what it should
		{ctx, errors.New("x"), exitFailed}, {stopped, errors.New("x"), exitInterrupted},
		{ctx, usagef("x"), exitUsage}, {ctx, fmt.Errorf("y: %w", refusedf("x")), exitRefused}, {ctx, notFoundf("x"), exitNotFound},
		{ctx, fmt.Errorf("y: %w", fs.ErrNotExist), exitNotFound},
	} {
		require.Equal(t, c.want, exitCode(c.ctx, c.err), "%v", c.err)
	}
	p := newPlace(t)
	require.Equal(t, exitRefused, p.run("call", "close_conversation", `{"conversationId":1234}`, "--offline").code)
	require.Equal(t, exitNotFound, p.run("call", "get_conversation", `{"conversationId":99999999}`, "--offline").code)
	require.Equal(t, exitUsage, p.run("call", "get_conversation", `{"conversationId":"x"}`, "--offline").code)
}

// audit show accepts common forms of times, and reports when no record matches.
func TestAuditShowSince(t *testing.T) {
	p := newPlace(t)
	p.good("call", "get_organization", "--offline")
	for _, since := range []string{"2h", "2d", "90m", "1w", "today", "yesterday", "2026-01-31", "2026-01-31T14:00:00Z"} {
		require.Contains(t, p.good("audit", "show", "--since", since), "read the organization", since)
	}
	o := p.run("audit", "show", "--agent", "nobody")
	require.Zero(t, o.code)
	require.Empty(t, o.stdout)
	require.Contains(t, o.stderr, "No record matches. ")
}
