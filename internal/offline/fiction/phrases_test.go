package fiction

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every sentence of a customer that names nothing of its own has many forms; all forms are whole.
func TestVary(t *testing.T) {
	const s = "[a|b] c [d|e|f]"
	seen := map[string]bool{}
	for n := range 6 {
		seen[Vary(s, n)] = true
	}
	require.Len(t, seen, 6)
	require.Equal(t, "a c d", Vary(s, 0))
	require.Equal(t, "plain", Vary("plain", 5))
}

// The languages have the same kinds of sentences, but for the phone, which is answered in English.
func TestLanguagesAreComplete(t *testing.T) {
	all := Phrases()
	for language, said := range all {
		for kind := range all["en"] {
			_, own, _ := strings.Cut(kind, ".")
			if strings.HasPrefix(own, "call") || own == "mailbox" || strings.HasPrefix(own, "note") {
				continue
			}
			require.NotEmpty(t, said[kind], "%s has no %s", language, kind)
		}
	}
	require.Len(t, all, len(Cultures))
}
