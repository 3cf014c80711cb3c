package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"dixa-mcp/internal/credential"
)

// The exit codes of every command. docs/commands.md has the table.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitNotFound    = 4
	exitDrift       = 5
	exitInterrupted = 130 // as a shell reports SIGINT
	exitPipe        = 141 // as a shell reports SIGPIPE
)

// exitError is an error with the exit code that it ends the program with.
type exitError struct {
	code int
	error
}

// Unwrap returns the error itself.
func (e *exitError) Unwrap() error { return e.error }

// usagef returns an error of the command line: nothing was done.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// refusedf returns an error of access: the request is not allowed.
func refusedf(format string, args ...any) error {
	return &exitError{exitRefused, fmt.Errorf(format, args...)}
}

// notFoundf returns an error about something that does not exist.
func notFoundf(format string, args ...any) error {
	return &exitError{exitNotFound, fmt.Errorf(format, args...)}
}

// exitCode returns the exit code for how a command ended.
func exitCode(ctx context.Context, err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.As(err, new(*credential.UntrustedError)):
		return exitRefused
	}
	return exitFailed
}
