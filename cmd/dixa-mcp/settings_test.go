package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
)

// TestDocsCommands holds the list of commands in docs/commands.md to the program.
func TestDocsCommands(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("dixa-mcp"), clientNames())
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("| command | |\n|---|---|\n")
	for _, leaf := range parser.Model.Leaves(true) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", leaf.Path(), leaf.Help)
	}
	golden.Section(t, "../../docs/commands.md", "commands", b.String())
}

// TestDocsSettings checks docs/settings.md against the flags of serve and their variables.
func TestDocsSettings(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	require.NoError(t, err)
	told := map[string]string{}
	name := regexp.MustCompile("`([^`]+)`")
	for _, row := range regexp.MustCompile(`(?m)^\| (`+"`--"+`[^|]*) \| ([^|]*) \|`).FindAllStringSubmatch(string(text), -1) {
		variables := name.FindAllStringSubmatch(row[2], -1)
		for i, flag := range name.FindAllStringSubmatch(row[1], -1) {
			require.Less(t, i, len(variables), row[0])
			told[flag[1]] = variables[i][1]
		}
	}
	parser, err := kong.New(new(serveCmd))
	require.NoError(t, err)
	are := map[string]string{}
	for _, flag := range parser.Model.Flags {
		if flag.Name != "help" {
			require.Len(t, flag.Envs, 1, "--%s", flag.Name)
			are["--"+flag.Name] = flag.Envs[0]
		}
	}
	require.Equal(t, are, told)
}
