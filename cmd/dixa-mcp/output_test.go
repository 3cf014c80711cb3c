package main

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// leaves are all commands, such as "audit show", with their nodes.
func leaves(t *testing.T) map[string]*kong.Node {
	t.Helper()
	k, err := newParser(new(cli), context.Background(), &output{to: &bytes.Buffer{}}, func(int) {})
	require.NoError(t, err)
	all := map[string]*kong.Node{}
	for _, leaf := range k.Model.Leaves(false) {
		all[leaf.Path()] = leaf
	}
	return all
}

// printing is a command line of each command that succeeds and prints something. A new command needs a line here.
var printing = map[string][]string{
	"serve":                {"--offline", "--http", "127.0.0.1:0", "--demo-keys"},
	"login":                {"--base-url", "HOST"},
	"logout":               {},
	"trust":                {},
	"config":               {"cursor", "--offline"},
	"tools":                {},
	"call":                 {"get_organization", "--offline"},
	"check":                {},
	"explain":              {"get_organization", "--offline"},
	"diff":                 {"~/office/capabilities.yaml", "~/office/capabilities.yaml"},
	"backup":               {"~/copy"},
	"drift":                {"~/dixa.json"},
	"doctor":               {"--offline"},
	"audit show":           {},
	"audit tail":           {"--follow"},
	"audit verify":         {},
	"audit prune":          {"--keep", "90d"},
	"approvals list":       {"--all"},
	"approvals drafts":     {},
	"approvals show":       {"NUMBER"},
	"approvals approve":    {"NUMBER"},
	"approvals deny":       {"NUMBER"},
	"console":              {"--offline"},
	"sessions list":        {},
	"sessions end":         {"--all"},
	"key new":              {"--admin"},
	"key list":             {},
	"key revoke":           {"KEY"},
	"freeze":               {"--agent", "triage"},
	"thaw":                 {},
	"offline":              {},
	"export conversations": {"--out", "~/a.csv", "--updated-after", "2026-01-01", "--dry-run"},
	"export messages":      {"--out", "~/a.csv", "--created-after", "2026-01-01", "--dry-run"},
	"archive sync":         {"--offline", "--state", "~/archive", "--since", "1h"},
	"archive search":       {"the", "--state", "~/archive"},
	"archive query":        {"SELECT count(*) FROM messages", "--state", "~/archive"},
	"archive status":       {"--state", "~/archive"},
	"archive verify":       {"--state", "~/archive"},
	"archive purge":        {"--state", "~/archive"},
	"events list":          {"--state", "~/inbox"},
	"events follow":        {"--agent", "triage", "--from", "oldest", "--offline", "--state", "~/inbox", "--capabilities", "~/followers.yaml"},
	"report":               {"--state", "~/archive"},
	"webhooks setup":       {"--offline", "--state", "~/archive", "--url", "https://mcp.example.com", "--dry-run"},
	"webhooks status":      {"--offline", "--state", "~/archive"},
	"webhooks remove":      {"--offline", "--state", "~/archive"},
	"privacy report":       {"anna@example.org"},
	"privacy erase":        {"anna@example.org", "--yes"},
	"demo":                 {},
	"version":              {},
	"completion":           {"bash"},
	"__complete":           {"--", "ser"},
}

// withoutJSON are the commands that need no --json, and why.
var withoutJSON = map[string]string{
	"serve":      "prints the protocol",
	"console":    "prints a link for a person",
	"config":     "prints the configuration of a client",
	"demo":       "tells a story",
	"completion": "prints a script",
	"__complete": "answers the scripts",

	"events follow": "prints JSON anyway",
}

// lineFor returns arguments with which a command prints something.
func (p *place) lineFor(name string) []string {
	p.t.Helper()
	args, ok := printing[name]
	require.True(p.t, ok, "the command %q has no line in the table printing of output_test.go", name)
	args = append(strings.Fields(name), args...)
	switch {
	case strings.HasPrefix(name, "audit "):
		p.good("call", "get_organization", "--offline")
	case strings.HasPrefix(name, "approvals "):
		o := newOffice(p.t)
		number := o.park(1234).Number
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "NUMBER", number)
		}
		args = append(args, "--state", o.dir, "--capabilities", filepath.Join(o.dir, "capabilities.yaml"), "--key-file", filepath.Join(o.dir, "anna"))
	case strings.HasPrefix(name, "archive ") && name != "archive sync" || name == "report":
		p.good("archive", "sync", "--offline", "--state", "~/archive", "--since", "1h")
	case strings.HasPrefix(name, "events "):
		p.write("followers.yaml", followers)
		newInboxIn(p.t, filepath.Join(p.home, "inbox"), 1)
	case name == "webhooks status":
		p.good("webhooks", "setup", "--offline", "--state", "~/archive", "--url", "https://mcp.example.com")
	case name == "login":
		args[len(args)-1] = newHost(p.t, 200, organizationAnswer).URL
	case name == "diff":
		p.write("office/capabilities.yaml", approvers)
	case name == "backup":
		p.good("freeze")
	case name == "drift":
		p.document()
	case name == "key revoke":
		var made madeKey
		require.NoError(p.t, json.Unmarshal([]byte(p.good("key", "new", "--agent", "triage", "--conversation", "1234", "--json")), &made))
		args[len(args)-1] = made.ID
	case name == "thaw":
		p.good("freeze")
	}
	return args
}

// A command whose output is lost fails and says so, whatever it prints.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for name := range leaves(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			c := p.command(nil, p.lineFor(name)...)
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			require.NoError(t, err)
			defer full.Close()
			code, stderr := runTo(t, c, full)
			require.Equal(t, exitFailed, code, stderr)
			require.Contains(t, stderr, "standard output could not be written, so the output is incomplete: write /dev/stdout: no space left on device")
		})
	}
	for _, args := range [][]string{{}, {"--help"}, {"--version"}, {"audit", "show", "--help"}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		require.NoError(t, err)
		defer full.Close()
		code, stderr := runTo(t, newPlace(t).command(nil, args...), full)
		require.Equal(t, exitFailed, code, "%v: %s", args, stderr)
		require.Contains(t, stderr, "no space left on device")
	}
}

// A command whose reader is gone, as with head, ends without a message.
func TestOutputThatNobodyReads(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close()) // before any process is started, which could have a copy of it for a while
	t.Cleanup(func() { w.Close() })
	for name := range leaves(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			c := p.command(nil, p.lineFor(name)...)
			code, stderr := runTo(t, c, w)
			require.Equal(t, exitPipe, code, stderr)
			require.NotContains(t, stderr, "pipe") // the log of a server, and what was not done, may be there
			require.LessOrEqual(t, strings.Count(stderr, "dixa-mcp: "), 1)
		})
	}
}

// Every command that prints facts prints them as JSON, too: one value, or one a line for records.
func TestJSON(t *testing.T) {
	for name, leaf := range leaves(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			has := slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == "json" })
			if why, ok := withoutJSON[name]; ok {
				require.False(t, has, "%s: take it out of the table withoutJSON of output_test.go", why)
				return
			}
			require.True(t, has, "embed jsonFlag, or say in the table withoutJSON of output_test.go why not")
			p := newPlace(t)
			c := p.command(nil, append(p.lineFor(name), "--json")...)
			c.Stdin = strings.NewReader(token)
			if name == "offline" || name == "audit tail" { // they go on
				var first json.RawMessage
				out, err := c.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, c.Start())
				require.NoError(t, json.NewDecoder(out).Decode(&first))
				require.NoError(t, c.Process.Signal(os.Interrupt))
				require.NoError(t, c.Wait())
				return
			}
			o := finish(t, c)
			require.Zero(t, o.code, o.stderr)
			d, values := json.NewDecoder(strings.NewReader(o.stdout)), 0
			for d.More() {
				var value any
				require.NoError(t, d.Decode(&value), o.stdout)
				values++
			}
			require.NotZero(t, values)
			if name != "audit show" {
				require.Equal(t, 1, values, o.stdout)
			}
		})
	}
}

// Only output.go and similar files write to standard output: a command that bypassed [output] would lose an error.
func TestNothingPrintsPastTheOutput(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "terminal.go" || file == "serve.go" { // serve.go keeps it for the protocol
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := x.Name + "." + s.Sel.Name
			require.NotContains(t, []string{"fmt.Print", "fmt.Println", "fmt.Printf", "os.Stdout"}, name, "%s prints past output: give its Run an *output", file)
			return true
		})
	}
}

func TestTable(t *testing.T) {
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "A    B\nlong  one two three four five six\n"},
		{26, "A     B\nlong  one two three four\n      five six\n"},
		{5, "A     B\nlong  one two three four\n      five six\n"},
	} {
		var b bytes.Buffer
		o := &output{to: &b, width: c.width}
		o.table([][]string{{"A", "B"}, {"long", "one two three four five six"}})
		require.Equal(t, strings.Replace(c.want, "A    B", "A     B", 1), b.String())
	}
}

// runTo runs a command with its standard output somewhere, and gives its exit code and standard error.
func runTo(t *testing.T, cmd *exec.Cmd, to *os.File) (int, string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = strings.NewReader(token), to, &stderr, time.Second
	_ = cmd.Run() // its exit code says more
	require.NotNil(t, cmd.ProcessState)
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// TestOutputForPeople checks that control characters and invisible characters are shown in output for people, and that output for
// programs is unchanged.
func TestOutputForPeople(t *testing.T) {
	var to bytes.Buffer
	out := &output{to: &to}
	out.printf("%s\n%s\n", "queue \x1b[31mred\u202E", "Hello\U000E0141\u3164")
	out.table([][]string{{"a\x07", "b\u200B"}})
	require.Equal(t, "queue <U+001B>[31mred<U+202E>\nHello<U+E0141><U+3164>\na<U+0007>  b<U+200B>\n", to.String())
	to.Reset()
	require.NoError(t, out.jsonLine(map[string]string{"name": "می\u200cخواهم \u202E"}))
	require.Equal(t, "{\"name\":\"می\u200cخواهم \u202E\"}\n", to.String())
}
