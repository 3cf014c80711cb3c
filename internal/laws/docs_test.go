package laws

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/tools"
)

// The README's table of tools is made from the tools.
func TestDocsReadme(t *testing.T) {
	file := filepath.Join(repository(t), "README.md")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	const begin, end = "<!-- tools: made by make update-golden -->\n", "<!-- /tools -->"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "the README has lost its mark %q", begin)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the README has lost its mark %q", end)
	golden(t, file, []byte(before+begin+toolTable()+end+after))
}

// toolTable has one row a group, its tools by level.
func toolTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d tools. In **bold**: granted only by name.\n\n| group | read | write | send | erase |\n|---|---|---|---|---|\n", len(tools.All()))
	for _, group := range tools.Groups() {
		byLevel := map[string][]string{}
		for _, tool := range tools.All() {
			if tool.Group != group {
				continue
			}
			name := "`" + tool.Name + "`"
			if tool.Named {
				name = "**" + name + "**"
			}
			byLevel[tool.Level.String()] = append(byLevel[tool.Level.String()], name)
		}
		fmt.Fprintf(&b, "| %s", group)
		for _, level := range []string{"read", "write", "send", "erase"} {
			fmt.Fprintf(&b, " | %s", strings.Join(byLevel[level], " "))
		}
		b.WriteString(" |\n")
	}
	b.WriteString("\n")
	return b.String()
}
