package laws

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/contract"
	"dixa-mcp/tools"
)

// camelCase matches a name such as TagAdded or firstAnswer.
var camelCase = regexp.MustCompile(`\b[A-Za-z]*[a-z][A-Z]\w*`)

// brands are written so by everybody, EndUser by Dixa in its messages about errors, and the others are arguments of the call that comes next.
var brands = []string{"WhatsApp", "DigitalGenius", "EndUser", "pageKey", "ratingId"}

// TestEveryNameOfTheContractIsShownInWords goes over all fields of all answers that Dixa documents: where one of them holds names
// such as TagAdded, tools/words_table.go has words for it, or text leaves it out.
func TestEveryNameOfTheContractIsShownInWords(t *testing.T) {
	names := map[string]map[string][]string{}
	for _, op := range contract.Load(t).Operations() {
		names[op.String()] = op.Names()
	}
	held := 0
	for _, tool := range operationTools() {
		for _, op := range tool.Operations {
			for path, values := range names[op.Method+" "+op.Path] {
				if !slices.ContainsFunc(values, camelCase.MatchString) {
					continue
				}
				if path = shownAt(tool, path); path == "" || path == "failures" || !tool.Layout().Shows(path) {
					continue
				}
				held++
				assert.NotNil(t, tool.View.Words[path], "the answer of %s has the field %q, which holds names such as %s: say in tools/words_table.go which words they are, or leave it out in tools/layout_table.go", tool.Name, path, values[0])
			}
		}
	}
	require.Greater(t, held, 30)
}

// TestTextHasNoNamesInCamelCase reads the answers to all examples, without what people wrote: that is in quotation marks or in
// lines that begin with "| ".
func TestTextHasNoNamesInCamelCase(t *testing.T) {
	quoted := regexp.MustCompile(`"(\\.|[^"\\])*"|(?m)^\s*\|.*$`)
	all := examples(t)
	for _, tool := range tools.All() {
		for _, call := range rehearse(t, tool.Name, all[tool.Name]) {
			text := quoted.ReplaceAllString(call.text, "")
			for _, brand := range brands {
				text = strings.ReplaceAll(text, brand, "")
			}
			assert.Empty(t, camelCase.FindAllString(text, -1), "%s: name the field in tools/words_table.go\n%s", tool.Name, call.text)
		}
	}
}
