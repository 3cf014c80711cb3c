package main

import (
	"os"
	"strconv"

	"golang.org/x/term"
)

// standardOutput returns the standard output of this process.
func standardOutput() *output { return &output{to: os.Stdout, width: terminalWidth(os.Stdout)} }

// terminalWidth returns the number of columns of a terminal, or 0 if the file is not a terminal.
func terminalWidth(f *os.File) int {
	if !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// redraws reports whether lines can be redrawn with escape sequences: on a terminal, unless the user turned them off.
func redraws(f *os.File) bool {
	name := os.Getenv("TERM")
	return term.IsTerminal(int(f.Fd())) && name != "dumb" && os.Getenv("NO_COLOR") == "" && (name != "" || os.PathSeparator == '\\')
}
