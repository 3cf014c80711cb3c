package laws

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"dixa-mcp/internal/test/golden"
	"dixa-mcp/tools"
)

// The README's table of tools is made from the tools.
func TestDocsReadme(t *testing.T) {
	golden.Section(t, filepath.Join(repository(t), "README.md"), "tools", toolTable())
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
