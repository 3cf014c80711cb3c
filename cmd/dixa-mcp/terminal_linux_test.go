package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// pseudoTerminal opens a terminal of a width, and the end from which it is typed at and seen.
func pseudoTerminal(t *testing.T, columns uint16) (seen, terminal *os.File) {
	t.Helper()
	seen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(seen.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(seen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(int(seen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	t.Cleanup(func() { seen.Close(); terminal.Close() })
	return seen, terminal
}

// onTerminal runs a command on a terminal and returns what it shows. Each answer is typed when its question appears.
func (p *place) onTerminal(columns uint16, env, args []string, dialog ...string) (string, *exec.Cmd) {
	p.t.Helper()
	seen, terminal := pseudoTerminal(p.t, columns)
	c := p.command(env, args...)
	c.Stdin, c.Stdout, c.Stderr = terminal, terminal, terminal
	require.NoError(p.t, c.Start())
	require.NoError(p.t, terminal.Close())
	var all strings.Builder
	b := make([]byte, 4096)
	for {
		n, err := seen.Read(b)
		all.Write(b[:n])
		if len(dialog) > 0 && strings.Contains(all.String(), dialog[0]) {
			_, err := io.WriteString(seen, dialog[1])
			require.NoError(p.t, err)
			dialog = dialog[2:]
		}
		if err != nil { // the command has ended
			break
		}
	}
	_ = c.Wait() // its exit code says more
	return all.String(), c
}

// A token that is typed or pasted is not shown.
func TestLoginOnATerminal(t *testing.T) {
	dixa := newHost(t, 200, organizationAnswer)
	p := newPlace(t)
	said, c := p.onTerminal(80, nil, []string{"login", "--base-url", dixa.URL}, "(it is not shown): ", token+"\n")
	require.Zero(t, c.ProcessState.ExitCode(), said)
	require.NotContains(t, said, token)
	require.Contains(t, said, "Stored the token of Havbris")
	require.Equal(t, []string{token}, dixa.got())

	said, c = p.onTerminal(80, nil, []string{"login", "--base-url", dixa.URL}, "(it is not shown): ", "\x03")
	require.Equal(t, exitInterrupted, c.ProcessState.ExitCode(), said)
	require.Contains(t, said, "dixa-mcp: interrupted")
}

// Tables, help and sentences are as wide as the terminal.
func TestWidth(t *testing.T) {
	p := newPlace(t)
	narrow, _ := p.onTerminal(60, nil, []string{"serve", "--help"})
	wide, _ := p.onTerminal(200, nil, []string{"serve", "--help"})
	require.Greater(t, strings.Count(narrow, "\n"), strings.Count(wide, "\n")+20)
	said, _ := p.onTerminal(60, nil, []string{"check"})
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "reader ") {
			require.LessOrEqual(t, len(strings.TrimRight(line, "\r\n")), 60)
		}
	}
	said, _ = p.onTerminal(60, nil, []string{"demo"})
	for line := range strings.Lines(said) {
		if line = strings.TrimRight(line, "\r\n"); strings.HasPrefix(line, "    ") && strings.Contains(strings.TrimSpace(line), " ") {
			require.LessOrEqual(t, len([]rune(line)), 60)
		}
	}
}

// Lines are redrawn with escape sequences only on a terminal, unless the user turned them off.
func TestNoEscapeSequences(t *testing.T) {
	for _, c := range []struct {
		env   []string
		there bool
	}{
		{[]string{"TERM=xterm"}, true}, {[]string{"TERM=dumb"}, false}, {[]string{"TERM=xterm", "NO_COLOR=1"}, false}, {[]string{"TERM="}, false},
	} {
		p := newPlace(t)
		said, cmd := p.onTerminal(80, c.env, []string{"export", "messages", "--created-after", "2026-11-01", "--created-before", "2026-11-03", "--out", "~/a.jsonl", "--offline"})
		require.Zero(t, cmd.ProcessState.ExitCode(), said)
		require.Equal(t, c.there, strings.Contains(said, "\x1b"), "%v: %q", c.env, said)
	}
}

// On a terminal the change is shown, and made only after the user agrees.
func TestConfigWriteOnATerminal(t *testing.T) {
	p := newPlace(t)
	path := p.write("settings.json", "{}\n")
	args := []string{"config", "zed", "--offline", "--write", "--file", path}
	said, c := p.onTerminal(120, nil, args, "[y/N] ", "n\n")
	require.NotZero(t, c.ProcessState.ExitCode())
	require.Contains(t, said, "+  \"context_servers\": {")
	require.Contains(t, said, "nothing was changed")
	require.Equal(t, "{}\n", p.file("settings.json"))
	said, c = p.onTerminal(120, nil, args, "[y/N] ", "y\n")
	require.Zero(t, c.ProcessState.ExitCode(), said)
	require.Contains(t, p.file("settings.json"), `"dixa"`)
}
