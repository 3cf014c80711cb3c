package main

import (
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// A flag for HTTP that has a value by itself would keep serve from serving over stdin and stdout, which refuses flags for HTTP.
func TestServeWithoutFlagsIsStdio(t *testing.T) {
	var c struct {
		Serve serveCmd `cmd:""`
	}
	parser, err := kong.New(&c, kong.Vars{}, kong.Exit(func(int) {}))
	require.NoError(t, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(t, err)
	require.Equal(t, httpFlags{}, c.Serve.httpFlags)
}
