package laws

import (
	"fmt"
	"strings"

	"dixa-mcp/tools"
)

// toolOverview returns a list of the tools by group and level.
func toolOverview() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d tools. Those in **bold** are granted only by name.\n", len(tools.All()))
	for _, group := range tools.Groups() {
		byLevel := map[string][]string{}
		for _, tool := range inGroup(group) {
			link := fmt.Sprintf("[%[1]s](#%[1]s)", tool.Name)
			if tool.Named {
				link = "**" + link + "**"
			}
			byLevel[tool.Level.String()] = append(byLevel[tool.Level.String()], link)
		}
		fmt.Fprintf(&b, "\n[%[1]s](#%[1]s)\n\n", group)
		for _, level := range []string{"read", "write", "send", "erase"} {
			if all := byLevel[level]; len(all) > 0 {
				fmt.Fprintf(&b, "- %s: %s\n", level, strings.Join(all, ", "))
			}
		}
	}
	return b.String()
}
