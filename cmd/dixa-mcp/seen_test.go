package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tools that are new since a capability file was last served are logged once for each file.
func TestNewToolsAreToldOnce(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	check := func(path string, now, want []string) {
		t.Helper()
		added, err := newTools(state, path, now)
		require.NoError(t, err)
		require.Equal(t, want, added)
	}
	one, two, three := []string{"a"}, []string{"a", "b"}, []string{"a", "b", "c"}
	check("/x/f.yaml", two, nil)
	check("/x/f.yaml", two, nil)
	check("/x/f.yaml", three, []string{"c"})
	check("/x/f.yaml", three, nil)
	check("/x/g.yaml", one, nil)
	check("/x/g.yaml", three, []string{"b", "c"})
	check("/x/f.yaml", one, []string{}) // an older release
	check("/x/f.yaml", two, []string{"b"})
	left, err := filepath.Glob(filepath.Join(state, "tools-seen", "part-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A server logs tools that are new to its file, unless the file names a release.
func TestServeTellsNewTools(t *testing.T) {
	p := newPlace(t)
	for name, c := range map[string]struct {
		tools string
		told  bool
	}{"free.yaml": {"", true}, "held.yaml": {"tools: 1.0\n", false}} {
		file := p.write(name, "version: 1\n"+c.tools+"stdio: [a]\nagents:\n  a: {access: {tags: read}}\n")
		require.NotContains(t, p.run("serve", "--offline", "--capabilities", file).stderr, "never served", "a file that was never seen")
		seen, err := filepath.Glob(filepath.Join(p.home, "state", "dixa-mcp", "tools-seen", "*"))
		require.NoError(t, err)
		require.NotEmpty(t, seen)
		for _, f := range seen {
			require.NoError(t, os.WriteFile(f, []byte("get_tag\n"), 0o600))
		}
		o := p.run("serve", "--offline", "--capabilities", file)
		if c.told {
			require.Contains(t, o.stderr, "granted=\"list_conversation_tags, list_tags\"")
		} else {
			require.NotContains(t, o.stderr, "never served")
		}
	}
}

func TestDiffAgainst(t *testing.T) {
	p := newPlace(t)
	releases, err := os.ReadFile("../../internal/capability/releases.txt")
	require.NoError(t, err)
	all := regexp.MustCompile(`(?m)^release (.*)$`).FindAllSubmatch(releases, -1)
	newest := string(all[len(all)-1][1])
	require.Equal(t, "No tool was added after "+newest+".\n", p.good("diff", "--against", newest))
	require.Contains(t, p.good("diff", "--against", "1.0", "--json"), `"added"`)
	o := p.run("diff", "--against", "0.9")
	require.NotZero(t, o.code)
	require.Contains(t, o.stderr, "the releases are 1.0")
	require.Equal(t, 2, p.run("diff", "only-one.yaml").code)
}
