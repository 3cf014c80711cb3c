package gate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A placeholder is found however JSON spells its characters: arguments are read only where one of their characters may belong to one.
func TestPlaceholdersInEscapedJSON(t *testing.T) {
	for _, text := range []string{`[redacted]`, `\u005bredacted]`, `\uff3bredacted]`, `［redacted］`, `\u0026#91;redacted]`, `&#91;redacted&#93;`, `\\[redacted\\]`} {
		require.Error(t, noPlaceholders("add_note", []byte(`{"message":"Dear `+text+`"}`)), text)
	}
	require.NoError(t, noPlaceholders("add_note", []byte(`{"message":"Dear redacted","names":["x"]}`)))
}
