package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The whole story is told with the built program, in the tests of the command.

// A program that is no MCP server ends the story with an error that holds what it said, and nothing is left behind.
func TestNoServer(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	script := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho no such thing >&2\nexit 3\n"), 0o700))
	for path, says := range map[string]string{script: "no such thing", filepath.Join(temporary, "none"): "none"} {
		var out bytes.Buffer
		require.ErrorContains(t, Stdio(t.Context(), path, "test", nil, &out, 0), says)
		require.ErrorContains(t, Archive(t.Context(), path, &out, 0), says)
	}
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestFirst(t *testing.T) {
	id, err := first("1234 · subject \"a\"\n5 · subject \"b\"\nMore: y")
	require.NoError(t, err)
	require.EqualValues(t, 1234, id)
	for _, found := range []string{"None.", "More: 12", ""} {
		_, err := first(found)
		require.ErrorContains(t, err, "the search found nothing: "+found)
	}
}

func TestParagraph(t *testing.T) {
	var out bytes.Buffer
	s := &session{out: &out, width: wide}
	s.paragraph(strings.Repeat("words ", 60) + strings.Repeat("x", 200))
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		require.True(t, len(line) <= wide || strings.Contains(line, "xxx"), line)
		require.True(t, strings.HasPrefix(line, "  w") == (i == 0), line)
	}
	require.Equal(t, "abc… (3 more characters)", shorten("abcdef", 3))
	require.Equal(t, "é… (1 more characters)", shorten("éé", 3), "no half of a letter")
	require.Equal(t, "abc", shorten("abc", 3))
}
