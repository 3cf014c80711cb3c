package dixaclient

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// arguments are the names of a union's optional arguments that one of its kinds needs, and those that it also takes,
// separated by blanks.
type arguments struct{ needs, takes string }

// check refuses a request of that kind which lacks an argument, or has one of another kind.
func (a arguments) check(kind string, given map[string]bool) error {
	needs := strings.Fields(a.needs)
	for _, name := range needs {
		if !given[name] {
			return &InputError{Field: name, Problem: fmt.Sprintf("is missing: %s needs %s", kind, strings.Join(needs, ", "))}
		}
	}
	all := append(needs, strings.Fields(a.takes)...)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] && !slices.Contains(all, name) {
			return &InputError{Field: name, Problem: fmt.Sprintf("does not go with %s, which takes %s", kind, strings.Join(append(all, "nothing else"), ", "))}
		}
	}
	return nil
}
