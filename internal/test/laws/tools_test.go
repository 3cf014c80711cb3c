package laws

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/test/golden"
	"dixa-mcp/internal/test/schemalint"
	"dixa-mcp/tools"
)

// operationTools lists the tools that are one operation each.
func operationTools() []*tools.Tool { return slices.DeleteFunc(tools.All(), (*tools.Tool).Task) }

func TestEveryToolKeepsTheRules(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	placeholder := regexp.MustCompile(`\{(\w+)\}`)
	titles := map[string]bool{}
	seen := map[string]bool{}
	for _, tool := range tools.All() {
		t.Run(tool.Name, func(t *testing.T) {
			require.Regexp(t, name, tool.Name)
			require.False(t, seen[tool.Name], "the name stands twice")
			seen[tool.Name] = true
			require.NotEmpty(t, tool.Group)
			require.Regexp(t, `^[A-Z][A-Za-z -]{1,59}$`, tool.Title())
			require.False(t, titles[tool.Title()], "two tools have the title %q", tool.Title())
			titles[tool.Title()] = true
			require.False(t, tool.View.SkipArg && tool.Level > dixaclient.Read, "skip would repeat the write")
			require.NotEmpty(t, tool.Operations)
			require.LessOrEqual(t, len(tool.Description), 1024)
			require.True(t, strings.HasSuffix(tool.Description, "."), "the description is a sentence")
			require.Equal(t, strings.ToUpper(tool.Description[:1]), tool.Description[:1])
			schema := tool.Schema()
			require.NoError(t, schemalint.Check(schema.JSON()))
			properties := map[string]bool{}
			for _, p := range schema.Properties() {
				properties[p.Name] = true
			}
			for _, m := range placeholder.FindAllStringSubmatch(tool.Did, -1) {
				require.True(t, properties[m[1]], "%q names %s, which is no argument", tool.Did, m[1])
			}
			for _, op := range tool.Operations {
				require.LessOrEqual(t, op.Level, tool.Level)
				for _, actor := range op.Actors() {
					require.True(t, properties[actor])
				}
			}
		})
	}
}

func TestToolsComeInTheSameOrder(t *testing.T) {
	first, second := tools.All(), tools.All()
	require.Equal(t, len(first), len(second))
	for i := range first {
		require.Same(t, first[i], second[i])
	}
}

// What leaves the organization, cannot be undone, or stands for the customer's own words must never be covered by a
// level that sounds smaller.
func TestOnlyNamedTools(t *testing.T) {
	var named []string
	for _, tool := range tools.All() {
		if tool.Named {
			named = append(named, tool.Name)
		}
	}
	for _, must := range []string{"record_message", "import_conversation", "create_webhook", "list_webhooks"} {
		if _, ok := tools.ByName(must); ok {
			require.Contains(t, named, must)
		}
	}
	for _, tool := range tools.All() {
		for _, op := range tool.Operations {
			if op.Deprecated || op.Host == dixaclient.Exports {
				require.Contains(t, named, tool.Name)
			}
		}
	}
}

func TestEveryOperationHasATool(t *testing.T) {
	used := map[string]bool{}
	for _, tool := range tools.All() {
		for _, op := range tool.Operations {
			used[op.Name] = true
		}
	}
	for _, op := range dixaclient.Operations() {
		require.True(t, used[op.Name], "no tool uses %s", op.Name)
	}
}

// The contract's list says the name, level and group of every tool.
func TestToolsAgreeWithTheContract(t *testing.T) {
	rows := map[string]contract.Row{}
	for _, row := range contract.Load(t).Rows() {
		rows[row.Tool] = row
	}
	for _, tool := range operationTools() {
		row, ok := rows[tool.Name]
		require.True(t, ok, "%s is no operation of the contract", tool.Name)
		require.Equal(t, row.Level, tool.Level.String(), tool.Name)
		require.Equal(t, row.Group, tool.Group, tool.Name)
	}
}

// described is a tool as a client sees it, and what the server knows about it.
type described struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"inputSchema"`
	Group       string          `json:"group"`
	Access      string          `json:"access"`
	Level       string          `json:"level"`
	Operations  []string        `json:"operations"`
	Uses        []string        `json:"canUse,omitempty"`
	Named       bool            `json:"onlyNamed,omitempty"`
	Idempotent  bool            `json:"idempotent,omitempty"`
	Destructive bool            `json:"destructive,omitempty"`
}

func describe(tool *tools.Tool) described {
	d := described{Name: tool.Name, Description: tool.Description, InputSchema: tool.Schema().JSON(), Group: tool.Group, Access: tool.Access(),
		Level: tool.Level.String(), Named: tool.Named, Idempotent: tool.Idempotent, Destructive: tool.Destructive}
	for _, op := range tool.Operations {
		d.Operations = append(d.Operations, op.Method+" "+op.Path)
	}
	for _, op := range tool.Uses {
		d.Uses = append(d.Uses, op.Method+" "+op.Path)
	}
	return d
}

// One golden file a tool, so that a change of what agents see is seen in review.
func TestGoldenTools(t *testing.T) {
	files := map[string][]byte{}
	for _, tool := range tools.All() {
		got, err := json.MarshalIndent(describe(tool), "", "  ")
		require.NoError(t, err)
		files[tool.Name+".json"] = append(got, '\n')
	}
	golden.Directory(t, filepath.Join(repository(t), "testdata", "tools"), files)
}
