package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode/utf8"

	"dixa-mcp/internal/base/safetext"
)

// output is the standard output of a command. Every command prints through it. It keeps the first error of a write and
// writes nothing after it, so that a command fails when any part of what it printed was lost.
type output struct {
	to    io.Writer
	width int // columns of the terminal, 0 if the output is not a terminal
	err   error
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.to.Write(p)
	o.err = err
	return n, err
}

// printf prints text for people. Control characters and invisible characters in it are shown as <U+…>, wherever they come
// from. An error is kept for [output.failed].
func (o *output) printf(format string, args ...any) {
	_, _ = io.WriteString(o, safetext.Lines(fmt.Sprintf(format, args...)))
}

// json prints a value as indented JSON.
func (o *output) json(v any) error {
	e := json.NewEncoder(o)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// jsonLine prints a value as one line of JSON.
func (o *output) jsonLine(v any) error {
	line, err := json.Marshal(v)
	if err == nil {
		_, _ = o.Write(append(line, '\n'))
	}
	return err
}

// errReaderGone ends a command without a message.
var errReaderGone = errors.New("the reader of the output is gone")

// failed joins the error of a command with that of its output, which says that the output is incomplete.
func (o *output) failed(err error) error {
	switch {
	case o.err == nil:
		return err
	case errors.Is(o.err, syscall.EPIPE): // the reader has enough, as with head
		if err = without(err, o.err); err == nil {
			err = errReaderGone
		}
		return &exitError{exitPipe, err}
	}
	return errors.Join(fmt.Errorf("standard output could not be written, so the output is incomplete: %w", o.err), without(err, o.err))
}

// without returns nil if an error only repeats another one.
func without(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

// jsonFlag is the flag of commands that print facts.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

const (
	columnGap  = 2
	leastCells = 20 // columns that the last cell of a row keeps on a narrow terminal
)

// table prints rows in columns. On a terminal the last column is wrapped to its width.
func (o *output) table(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:max(len(row)-1, 0)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i < len(row)-1 {
				line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+columnGap))
				continue
			}
			at := utf8.RuneCountInString(line.String())
			left := 0
			if o.width > 0 {
				left = max(o.width-at, leastCells)
			}
			line.WriteString(strings.Join(wrap(cell, left), "\n"+strings.Repeat(" ", at)))
		}
		o.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// wrap breaks a text at spaces into lines of a number of columns; 0 means no limit. A longer word gets its own line.
func wrap(text string, width int) []string {
	if width <= 0 || utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
