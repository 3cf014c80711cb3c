package capability

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Every operation is in the list of releases, and the changelog lists those of each release.
func TestReleasesListEveryOperation(t *testing.T) {
	c := newCatalog(tools.All(), dixaclient.V1)
	for _, name := range c.names {
		require.Contains(t, c.releases.since, name, "add it to internal/capability/releases.txt under the next release, and to CHANGELOG.md")
	}
	require.Len(t, c.releases.since, len(c.names), "releases.txt names operations that there are not")
	require.Equal(t, "1.0", c.releases.names[0])
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	for name, since := range c.releases.since {
		_, section, ok := strings.Cut(string(changelog), "## ["+c.releases.names[since]+"]")
		require.True(t, ok, "add a section ## [%s] to CHANGELOG.md, as internal/capability/releases.txt has that release", c.releases.names[since])
		section, _, _ = strings.Cut(section, "\n## ")
		require.Contains(t, section, "`"+name+"`", "add %s to the section of release %s in CHANGELOG.md", name, c.releases.names[since])
	}
}

// TestToolsHoldsLevelsToARelease checks that the levels of a file that names a release cover nothing that was added
// later: an upgrade widens nothing. Its catalog has some tools only, so that it does not change with the others.
func TestToolsHoldsLevelsToARelease(t *testing.T) {
	var some []*tools.Tool
	for _, name := range []string{"get_conversation", "list_tags", "get_tag", "create_tag"} {
		some = append(some, toolNamed(t, name))
	}
	c := newCatalog(some, dixaclient.V1)
	c.releases = readReleases("release 1.0\nlist_tags get_conversation\nrelease 1.1\nget_tag create_tag\n")
	rules := func(head, agent string) *Agent {
		t.Helper()
		r, err := parse("f", []byte("version: 1\n"+head+"agents:\n  a: {"+agent+"}\n"), c)
		require.NoError(t, err)
		return r.Agents()[0]
	}
	granted := func(a *Agent) (names []string) {
		for _, tool := range a.granted {
			names = append(names, tool.Name)
		}
		return names
	}
	const levels = "access: {tags: write}"
	for _, head := range []string{"tools: \"1.0\"\n", "tools: 1.0\n", "tools: '1.0'\n"} {
		a := rules(head, levels)
		require.Equal(t, []string{"list_tags"}, granted(a))
		d := a.Operation("get_tag")
		require.False(t, d.Allowed)
		require.Equal(t, "get_tag is not granted to agent a: it was added after release 1.0, to which tools holds the levels (f:2); name it under allow, or set tools to a later release", d.Why)
		require.Equal(t, []string{"list_tags", "get_tag"}, granted(rules(head, levels+", allow: [get_tag]")), "by name it is")
	}
	require.ElementsMatch(t, []string{"list_tags", "get_tag", "create_tag"}, granted(rules("tools: 1.1\n", levels)))
	require.ElementsMatch(t, []string{"list_tags", "get_tag", "create_tag"}, granted(rules("", levels)))

	old, err := parse("f", []byte("version: 1\ntools: 1.0\nagents:\n  a: {access: {tags: read}}\n"), c)
	require.NoError(t, err)
	later, err := parse("f", []byte("version: 1\ntools: 1.1\nagents:\n  a: {access: {tags: read}}\n"), c)
	require.NoError(t, err)
	require.Equal(t, []string{"a gains get_tag (read)"}, Diff(old, later))
	require.True(t, Widens(Compare(old, later)))

	added, err := c.releases.added("1.0", []*tools.Tool{c.operations["list_tags"], c.operations["get_tag"], c.operations["create_tag"]})
	require.NoError(t, err)
	require.Len(t, added, 2)
	for _, bad := range []string{"1.2", "2", "1", "latest", "[1.0]", "null", "true", "2026-01-01"} {
		_, err := parse("f", []byte("version: 1\ntools: "+bad+"\nagents:\n  a: {access: {tags: read}}\n"), c)
		require.ErrorContains(t, err, "f:2:8: tools: ", bad)
	}
	_, err = parse("f", []byte("version: 1\ntools: 1.2\nagents:\n  a: {access: {tags: read}}\n"), c)
	require.ErrorContains(t, err, `there is no release "1.2"`)
	require.ErrorContains(t, err, "the releases are 1.0, 1.1")
}

func TestAdded(t *testing.T) {
	added, err := Added("1.0")
	require.NoError(t, err)
	c := newCatalog(tools.All(), dixaclient.V1)
	require.Len(t, added, len(slices.DeleteFunc(slices.Clone(c.names), func(name string) bool { return c.releases.since[name] == 0 })))
	_, err = Added("0.9")
	require.ErrorContains(t, err, "the releases are 1.0")
}
