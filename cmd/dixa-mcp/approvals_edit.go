package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"dixa-mcp/internal/approver"
)

// newText returns the text to send in place of a call's own: from an editor, a file or standard input; "" leaves it.
func (c *approvalsApproveCmd) newText(ctx context.Context, r approver.Details) (string, error) {
	var text []byte
	var err error
	switch {
	case c.Edit && r.EditText == "":
		return "", refusedf("%s has no text that can be edited; nothing was decided", r.Number)
	case c.Edit:
		text, err = inEditor(ctx, r.EditText)
	case c.Text == "-":
		text, err = readInput(ctx, os.Stdin)
	case c.Text != "":
		text, err = os.ReadFile(c.Text)
	default:
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("%w; nothing was decided", err)
	}
	edited := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r") // editors end the last line
	if strings.TrimSpace(edited) == "" {
		return "", refusedf("the new text is empty; nothing was decided")
	}
	return edited, nil
}

// inEditor lets a person change a text in the editor that the environment names. The text is in a file for this user alone,
// which is removed.
func inEditor(ctx context.Context, text string) (_ []byte, err error) {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	words := strings.Fields(editor)
	if len(words) == 0 {
		return nil, usagef("--edit needs the environment variable VISUAL or EDITOR; or give the text with --text FILE")
	}
	f, err := os.CreateTemp("", "dixa-mcp-*.txt") // readable for this user alone
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if _, err = f.WriteString(text + "\n"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return nil, err
	}
	run := exec.CommandContext(ctx, words[0], append(words[1:], f.Name())...)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err = run.Run(); err != nil {
		return nil, fmt.Errorf("the editor %s ended with an error: %w", words[0], err)
	}
	return os.ReadFile(f.Name())
}
