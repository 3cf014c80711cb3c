package laws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
	"dixa-mcp/tools"
)

// offered is what a release offers to agents: its tools with their levels and arguments.
type offered map[string]offeredTool

type offeredTool struct {
	Level     string            `json:"level"`
	Arguments map[string]string `json:"arguments,omitempty"` // type, such as "string, required", by name
}

// property is the part of a JSON Schema that a release keeps or breaks.
type property struct {
	Type       any
	Properties map[string]property
	Required   []string
	Items      *property
}

// offeredNow lists the tools of the code.
func offeredNow(t *testing.T) offered {
	t.Helper()
	all := offered{}
	for _, tool := range tools.All() {
		var schema property
		require.NoError(t, json.Unmarshal(tool.Schema().JSON(), &schema))
		o := offeredTool{tool.Level.String(), map[string]string{}}
		schema.list("", o.Arguments)
		all[tool.Name] = o
	}
	return all
}

// list adds the properties of an object, nested ones by their paths.
func (p property) list(path string, all map[string]string) {
	for name, inner := range p.Properties {
		text := fmt.Sprint(inner.Type)
		if inner.Items != nil {
			text += fmt.Sprintf(" of %v", inner.Items.Type)
		}
		if slices.Contains(p.Required, name) {
			text += ", required"
		}
		at := path + name
		all[at] = text
		inner.list(at+".", all)
		if inner.Items != nil {
			inner.Items.list(at+"[].", all)
		}
	}
}

// toolChanges says how tools changed, as a section of the changelog.
func toolChanges(was, is offered) string {
	var b strings.Builder
	var added, removed []string
	same := map[string][]string{} // tools by what changed in them
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		before, known := was[name]
		now, there := is[name]
		switch {
		case !known:
			added = append(added, fmt.Sprintf("`%s` (%s)", name, now.Level))
		case !there:
			removed = append(removed, "`"+name+"`")
		default:
			for _, change := range argumentChanges(before, now) {
				same[change] = append(same[change], "`"+name+"`")
			}
		}
	}
	line := func(title string, names []string) {
		if len(names) > 0 {
			fmt.Fprintf(&b, "- %s: %s.\n", title, strings.Join(names, ", "))
		}
	}
	line("New tools", added)
	line("Tools that are gone", removed)
	for _, change := range slices.Sorted(maps.Keys(same)) {
		line(change, same[change])
	}
	return cmp.Or(b.String(), "No tool changed.\n")
}

// argumentChanges lists what changed in a tool. What is in a new or a removed argument is not listed.
func argumentChanges(was, is offeredTool) (all []string) {
	if was.Level != is.Level {
		all = append(all, fmt.Sprintf("Level %s, was %s", is.Level, was.Level))
	}
	names := maps.Clone(was.Arguments)
	maps.Copy(names, is.Arguments)
	whole := func(list map[string]string, name string) bool { // what the argument is in is in the list
		i := strings.LastIndexByte(name, '.')
		return i < 0 || list[strings.TrimSuffix(name[:i], "[]")] != ""
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, now := was.Arguments[name], is.Arguments[name]
		switch {
		case before == "" && whole(was.Arguments, name):
			all = append(all, fmt.Sprintf("New argument `%s` (%s)", name, now))
		case now == "" && whole(is.Arguments, name):
			all = append(all, fmt.Sprintf("Argument `%s` is gone", name))
		case before != "" && now != "" && before != now:
			all = append(all, fmt.Sprintf("Argument `%s` is now %s, was %s", name, now, before))
		}
	}
	return all
}

// releasesDir holds what each release offers, in a file that is named after it.
func releasesDir(t *testing.T) string {
	return filepath.Join(repository(t), "testdata", "releases")
}

// The section Unreleased of the changelog lists how the tools differ from those of the last release.
func TestChangelogDocs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(releasesDir(t), "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	slices.SortFunc(files, func(a, b string) int { return compareVersions(filepath.Base(a), filepath.Base(b)) })
	text, err := os.ReadFile(files[len(files)-1])
	require.NoError(t, err)
	var last offered
	require.NoError(t, json.Unmarshal(text, &last))
	golden.Section(t, filepath.Join(repository(t), "CHANGELOG.md"), "tools", toolChanges(last, offeredNow(t)))
}

// compareVersions compares names such as 1.9.json and 1.10.json by their numbers.
func compareVersions(a, b string) int {
	numbers := func(s string) (n [2]int) {
		_, _ = fmt.Sscanf(s, "%d.%d", &n[0], &n[1])
		return n
	}
	x, y := numbers(a), numbers(b)
	return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
}

// make release-tools VERSION=1.1 writes what a release offers.
func TestWriteToolsOfRelease(t *testing.T) {
	version := os.Getenv("RELEASE_TOOLS")
	if version == "" {
		t.Skip("make release-tools runs this")
	}
	require.Regexp(t, `^\d+\.\d+$`, version)
	text, err := json.MarshalIndent(offeredNow(t), "", " ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(releasesDir(t), version+".json"), append(text, '\n'), 0o644))
}

func TestToolChanges(t *testing.T) {
	was := offered{
		"old":  {Level: "read"},
		"same": {Level: "write", Arguments: map[string]string{"a": "string", "gone": "object", "gone.x": "string", "find": "object", "find.x": "string"}},
		"more": {Level: "write", Arguments: map[string]string{"a": "string"}},
	}
	is := offered{
		"new":  {Level: "send"},
		"same": {Level: "write", Arguments: map[string]string{"a": "string, required", "find": "object", "find.y": "string", "again": "boolean", "list": "array of object", "list[].x": "string"}},
		"more": {Level: "send", Arguments: map[string]string{"a": "string", "again": "boolean"}},
	}
	require.Equal(t, "- New tools: `new` (send).\n"+
		"- Tools that are gone: `old`.\n"+
		"- Argument `a` is now string, required, was string: `same`.\n"+
		"- Argument `find.x` is gone: `same`.\n"+
		"- Argument `gone` is gone: `same`.\n"+
		"- Level send, was write: `more`.\n"+
		"- New argument `again` (boolean): `more`, `same`.\n"+
		"- New argument `find.y` (string): `same`.\n"+
		"- New argument `list` (array of object): `same`.\n", toolChanges(was, is))
	require.Equal(t, "No tool changed.\n", toolChanges(was, was))
	require.Positive(t, compareVersions("1.10.json", "1.9.json"))
}
