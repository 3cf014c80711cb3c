package laws

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"dixa-mcp/tools"
)

// clauses are what descriptions are made of.
var clauses = regexp.MustCompile(`[.;:()]|, `)

// TestDescriptionsSayThingsOnce holds that what the description of an argument says is not in that of its tool or of another argument.
func TestDescriptionsSayThingsOnce(t *testing.T) {
	for _, tool := range tools.All() {
		said := map[string]string{}
		for _, clause := range clauses.Split(tool.Description, -1) {
			said[strings.ToLower(strings.TrimSpace(clause))] = "the tool"
		}
		for _, p := range tool.Schema().Properties() {
			for _, clause := range clauses.Split(p.Description, -1) {
				clause = strings.ToLower(strings.TrimSpace(clause))
				if strings.Count(clause, " ") < 2 && !strings.HasPrefix(clause, "default ") { // a name of what it is
					continue
				}
				for other, by := range said {
					assert.False(t, strings.Contains(" "+other+" ", " "+clause+" "), "%s: %q is in the description of %s, and of %s", tool.Name, clause, p.Name, by)
				}
				said[clause] = p.Name
			}
		}
	}
}
