package openapi

import (
	"regexp"
	"strings"
	"sync"
)

var proseValues = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)values: \[([^\[\]]+)\]`) })

// ProseValues returns the values that a description lists as "values: [A, B]", the only place where Dixa names the values
// of many strings.
func ProseValues(description string) []string {
	found := proseValues().FindStringSubmatch(description)
	if found == nil {
		return nil
	}
	names := strings.Split(found[1], ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}
