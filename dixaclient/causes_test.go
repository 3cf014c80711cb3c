package dixaclient

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every operation with arguments says, after a 400 or 404, which of them may be meant, in at most five lines.
func TestCausesOfEveryOperation(t *testing.T) {
	for _, s := range Operations() {
		for _, status := range []int{400, 404} {
			e := &Error{Op: s, Status: status, Attempts: 1}
			require.LessOrEqual(t, strings.Count(e.Error(), "\n"), 4, e.Error())
			if len(s.checkable()) > 0 {
				require.Regexp(t, "Likely causes:\n- |Check [a-z]", e.Error(), "%s: add a cause to theCauses in causes.go", s.Name)
			}
		}
	}
}

// A cause names an argument that some operation has, and operations that exist.
func TestCausesNameWhatExists(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Operations() {
		names[s.Name] = true
	}
	for _, c := range theCauses {
		used := false
		for _, s := range Operations() {
			used = used || s.plan().has(c.argument)
		}
		require.True(t, used, "no operation has the argument %s", c.argument)
		for _, word := range strings.FieldsFunc(c.text, func(r rune) bool { return !(r == '_' || 'a' <= r && r <= 'z') }) {
			if strings.HasPrefix(word, "list_") || strings.HasPrefix(word, "get_") {
				require.True(t, names[word], "%s: there is no operation %s", c.argument, word)
			}
		}
	}
}
