package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/term"

	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/clients"
	"dixa-mcp/internal/clients/merge"
)

// backupSuffix is behind the name of a file that is a copy of what was there before.
const backupSuffix = ".dixa-mcp.bak"

// mostConfiguration bounds a client's file, in bytes.
const mostConfiguration = 4 << 20

// link prints a link that installs the server in the client.
func (c *configCmd) link(out *output, with *configured) error {
	address, ok := clients.Link(with.client, with.edits)
	if !ok {
		return usagef("%s has no documented install link; omit --link for the snippet", with.client.Title)
	}
	_, err := out.Write([]byte(address + "\n"))
	return err
}

// write changes the client's file, after showing the change.
func (c *configCmd) write(ctx context.Context, out *output, with *configured) error {
	path, err := c.target(with.client)
	if err != nil {
		return err
	}
	before, mode, err := readConfiguration(path, with.client)
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	after, err := merge.Apply(with.client.Format, before, with.edits)
	if err != nil {
		return fmt.Errorf("nothing was changed: %s: %w", path, err)
	}
	if bytes.Equal(before, after) {
		out.printf("No change: %s has this entry.\n", path)
		return nil
	}
	out.printf("%s", difference(path, before, after))
	if !c.Yes {
		if err := agree(ctx, "Change "+path+"?", "nothing was changed", "to change "+path); err != nil {
			return err
		}
	}
	if err := replace(path, before, after, mode, with.client.Project); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	out.printf("Changed %s. Restart %s.\n", path, with.client.Title)
	if before != nil {
		out.printf("The file as it was is %s.\n", path+backupSuffix)
	}
	return nil
}

// target returns the path of the file to change. Symbolic links are followed, so that they stay.
func (c *configCmd) target(client clients.Client) (string, error) {
	path := c.File
	if path == "" {
		path = client.File(thisSystem())
	}
	switch {
	case client.Format == "":
		return "", usagef("%s has no configuration file; omit --write for what to enter", client.Title)
	case path == "":
		return "", usagef("%s documents no configuration file; omit --write for a snippet to paste in %s, or name a file with --file", client.Title, client.Where)
	}
	path, err := filepath.Abs(path)
	for range 40 { // as many links as systems follow
		if err != nil {
			break
		}
		to, linkErr := os.Readlink(path)
		if linkErr != nil {
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("the file to change is not known: %w", errors.Join(err, fmt.Errorf("too many symbolic links at %s", path)))
}

// readConfiguration reads a client's file and its mode. The content of a file that does not exist is nil.
func readConfiguration(path string, client clients.Client) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && client.Project:
		return nil, 0o644, nil // others of the project read it
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0o600, nil
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > mostConfiguration:
		return nil, 0, fmt.Errorf("%s is larger than %d MiB, which no configuration is", path, mostConfiguration>>20)
	}
	content, err := os.ReadFile(path)
	if content == nil {
		content = []byte{}
	}
	return content, info.Mode().Perm(), err
}

// difference returns the change of a file as a unified diff.
func difference(path string, before, after []byte) []byte {
	name := path
	if before == nil {
		name = os.DevNull
	}
	text := diff.Diff(name, bytes.ReplaceAll(before, []byte("\r\n"), []byte("\n")), path, bytes.ReplaceAll(after, []byte("\r\n"), []byte("\n")))
	_, text, _ = bytes.Cut(text, []byte("\n")) // without "diff A B"
	return text
}

// agree asks on the terminal whether to do something, and says otherwise that it was not done. to says what --yes would do.
func agree(ctx context.Context, question, not, to string) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usagef("%s: standard input is not a terminal to ask on; add --yes %s", not, to)
	}
	fmt.Fprintf(os.Stderr, "\n%s [y/N] ", question)
	line, err := readInput(ctx, &firstLine{Reader: os.Stdin})
	if err != nil {
		return fmt.Errorf("%s: %w", not, err)
	}
	if answer := strings.ToLower(strings.TrimSpace(string(line))); answer != "y" && answer != "yes" {
		return errors.New(not)
	}
	return nil
}

// firstLine reads a line, and ends behind it.
type firstLine struct {
	io.Reader
	done bool
}

func (l *firstLine) Read(p []byte) (int, error) {
	if l.done || len(p) == 0 {
		return 0, io.EOF
	}
	n, err := l.Reader.Read(p[:1])
	l.done = n == 1 && p[0] == '\n'
	return n, err
}

// replace writes the file in one step, with a copy of what was there, unless it was changed meanwhile.
func replace(path string, before, after []byte, mode fs.FileMode, shared bool) error {
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, before) {
		return fmt.Errorf("%s was changed by something else meanwhile; run this again", path)
	}
	dirMode := fs.FileMode(0o700)
	if shared {
		dirMode = 0o755
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	if before != nil {
		if err := atomicfile.WriteMode(path+backupSuffix, before, mode); err != nil {
			return err
		}
	}
	return atomicfile.WriteMode(path, after, mode)
}
