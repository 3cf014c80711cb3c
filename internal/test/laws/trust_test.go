package laws

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"dixa-mcp/internal/test/contract"
	"dixa-mcp/tools"
)

// TestEveryFieldOfTheContractIsTrustedOrMarked goes over all fields of all answers that Dixa documents: for each that can
// hold text tools/trust_table.go says who writes it. tools.TestEveryFieldIsTrustedOrMarked does so for the fields of our
// own types.
func TestEveryFieldOfTheContractIsTrustedOrMarked(t *testing.T) {
	texts := map[string][]string{}
	for _, op := range contract.Load(t).Operations() {
		texts[op.String()] = op.Texts()
	}
	for _, tool := range operationTools() {
		for _, op := range tool.Operations {
			for _, path := range texts[op.Method+" "+op.Path] {
				if path = shownAt(tool, path); path == "" {
					continue
				}
				assert.True(t, decided(tool, path),
					"the answer of %s has the field %q, which holds text and has no entry: say in tools/trust_table.go who writes it", tool.Name, path)
			}
		}
	}
}

// shownAt returns the path of a field of Dixa's answer in what the tool shows, "" for one that is not shown.
func shownAt(tool *tools.Tool, path string) string {
	_, outcomes := tool.View.Fields["failures"]
	switch {
	case strings.HasPrefix(path, "meta."):
		return ""
	case outcomes && (strings.HasPrefix(path, "data.error") || strings.HasPrefix(path, "partialErrors")):
		return "failures"
	case outcomes && strings.HasPrefix(path, "data.data"):
		path = strings.TrimPrefix(path, "data.data.")
		return "results." + path
	case outcomes:
		return "results." + strings.TrimPrefix(path, "data.")
	}
	path = strings.TrimPrefix(path, "data.")
	if rest, is := strings.CutPrefix(path, "filters."); is && tool.Group == "webhooks" { // a free map with one name that Dixa documents
		path = "filters.Conversation." + rest
	}
	if name := path[strings.LastIndexByte(path, '.')+1:]; name == "id" {
		return ""
	}
	return path
}

// decided reports whether there is an entry for a path or for something above it.
func decided(tool *tools.Tool, path string) bool {
	for path != "" {
		if _, listed := tool.View.Fields[path]; listed {
			return true
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return false
}

// TestEveryIDOfTheContractIsNamedOrNot goes over all fields of all answers that Dixa documents: for each that holds ids
// tools/things_table.go says what they name. tools.TestEveryIDIsNamedOrNot does so for the fields of our own types.
func TestEveryIDOfTheContractIsNamedOrNot(t *testing.T) {
	ids := map[string][]string{}
	for _, op := range contract.Load(t).Operations() {
		ids[op.String()] = op.IDs()
	}
	for _, tool := range operationTools() {
		for _, op := range tool.Operations {
			for _, path := range ids[op.Method+" "+op.Path] {
				if path = shownAt(tool, path); path == "" || path == "failures" {
					continue
				}
				at := path
				for tool.Things[at] == "" && at != "" {
					if _, listed := tool.Things[at]; listed {
						break
					}
					at = at[:max(strings.LastIndexByte(at, '.'), 0)]
				}
				_, listed := tool.Things[at]
				assert.True(t, listed, "the answer of %s has the field %q, which holds ids and has no entry: say in tools/things_table.go what they name", tool.Name, path)
			}
		}
	}
}
