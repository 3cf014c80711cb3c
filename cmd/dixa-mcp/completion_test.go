package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// complete returns the program's candidates, without their descriptions.
func (p *place) complete(words ...string) (all []string) {
	p.t.Helper()
	for line := range strings.Lines(p.good(append([]string{"__complete", "--"}, words...)...)) {
		word, description, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if word != filesWanted {
			require.NotEmpty(p.t, description, line)
		}
		all = append(all, word)
	}
	return all
}

func TestComplete(t *testing.T) {
	p := newPlace(t)
	p.write("mine.yaml", "{version: 1, agents: {me: {allow: [get_organization]}, you: {allow: [get_organization]}}}")
	for _, c := range []struct {
		words []string
		want  []string
	}{
		{[]string{"ap"}, []string{"approvals"}},
		{[]string{"approvals", ""}, []string{"list", "drafts", "show", "approve", "deny"}},
		{[]string{"approvals", "a"}, []string{"approve"}},
		{[]string{"approvals", "show", ""}, nil},
		{[]string{"config", "c"}, []string{"claude-code", "claude-desktop", "cursor", "codex"}},
		{[]string{"config", "--agent", "x", "cl"}, []string{"claude-code", "claude-desktop"}},
		{[]string{"call", "get_conv"}, []string{"get_conversation"}},
		{[]string{"call", "get_conversation", ""}, nil},
		{[]string{"call", "--of"}, []string{"--offline"}},
		{[]string{"call", "--", "--of"}, nil},
		{[]string{"call", "--agent", "t"}, []string{"triage"}},
		{[]string{"call", "--agent=t"}, []string{"--agent=triage"}},
		{[]string{"call", "--agent", "=", "t"}, []string{"triage"}},
		{[]string{"call", "--agent", "="}, []string{"reader", "triage", "support", "admin"}},
		{[]string{"call", "--capabilities", "mine.yaml", "--agent", ""}, []string{"me", "you"}},
		{[]string{"call", "--capabilities=mine.yaml", "--agent", ""}, []string{"me", "you"}},
		{[]string{"call", "--capabilities", "none.yaml", "--agent", ""}, nil},
		{[]string{"call", "--capabilities", ""}, []string{filesWanted}},
		{[]string{"call", "--timeout", ""}, nil},
		{[]string{"diff", ""}, []string{filesWanted}},
		{[]string{"diff", "a", ""}, []string{filesWanted}},
		{[]string{"diff", "a", "b", ""}, nil},
		{[]string{"serve", "--log-format", ""}, []string{"text", "json"}},
		{[]string{"audit", "tail", "-n", "5", "--fo"}, []string{"--follow"}},
		{[]string{"audit", "tail", "-n", ""}, nil},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}},
		{[]string{"nonsense", "--x", ""}, nil},
		{[]string{"--v"}, []string{"--version"}},
	} {
		got := p.complete(c.words...)
		if c.want == nil && len(c.words) > 0 && c.words[0] == "nonsense" {
			continue // whatever it is, it is no error
		}
		require.Equal(t, c.want, got, "%q", c.words)
	}
	require.Contains(t, p.complete(), "serve")
	require.NotContains(t, p.complete(""), "__complete")
	for name, leaf := range leaves(t) { // every command and flag can be completed
		words := strings.Fields(name)
		if leaf.Hidden {
			continue
		}
		require.Contains(t, p.complete(words...), words[len(words)-1])
		var flags []string
		for _, group := range leaf.AllFlags(true) {
			for _, f := range group {
				flags = append(flags, "--"+f.Name)
			}
		}
		require.ElementsMatch(t, flags, p.complete(append(words, "--")...), name)
	}
}

// shell finds a shell. CI installs all of them.
func shell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: .ci/run installs it", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// The scripts give the candidates in the real shells.
func TestCompletionScripts(t *testing.T) {
	p := newPlace(t)
	p.write("a file.yaml", "")
	require.NoError(t, os.Symlink(binary, filepath.Join(p.home, "dixa-mcp")))
	for name, program := range map[string]string{
		"bash": `source <(dixa-mcp completion bash) || exit
try() { COMP_WORDS=(dixa-mcp "$@"); COMP_CWORD=$(($#)); _dixa_mcp; echo "${COMPREPLY[*]}"; }
try ap; try call --agent t; try call --agent = t; try config cl; try call get_conv; complete -p dixa-mcp`,
		"zsh": `compdef() { :; }; _files() { echo files; }; _describe() { echo ${found%%:*}; }
source <(dixa-mcp completion zsh) || exit
try() { words=(dixa-mcp "$@"); CURRENT=$#words; _dixa_mcp; }
try ap; try call --agent t; try call --agent=t; try config cl; try call get_conv; try diff ''`,
		"fish": `dixa-mcp completion fish | source
complete -C 'dixa-mcp ap' | cut -f1; complete -C 'dixa-mcp call --agent t' | cut -f1; complete -C 'dixa-mcp call --agent=t' | cut -f1
complete -C 'dixa-mcp config cl' | cut -f1 | string join ' '; complete -C 'dixa-mcp call get_conv' | cut -f1; complete -C 'dixa-mcp diff a' | cut -f1`,
	} {
		t.Run(name, func(t *testing.T) {
			args := map[string][]string{"bash": {"--noprofile", "--norc", "-c"}, "zsh": {"-f", "-c"}, "fish": {"--no-config", "-c"}}[name]
			c := exec.Command(shell(t, name), append(args, program)...)
			c.Dir, c.Env = p.home, append(p.env, "PATH="+p.home+":"+os.Getenv("PATH"))
			out, err := c.CombinedOutput()
			require.NoError(t, err, "%s", out)
			want := map[string]string{
				"bash": "approvals\ntriage\ntriage\nclaude-code claude-desktop\nget_conversation\ncomplete -F _dixa_mcp dixa-mcp\n",
				"zsh":  "approvals\ntriage\n--agent=triage\nclaude-code claude-desktop\nget_conversation\nfiles\n",
				"fish": "approvals\ntriage\n--agent=triage\nclaude-code claude-desktop\nget_conversation\na file.yaml\n",
			}[name]
			require.Equal(t, want, strings.ReplaceAll(string(out), `a\ file.yaml`, "a file.yaml"))
		})
	}
}
