package view

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Text that no browser shows never stands among the words of a message.
func TestHiddenText(t *testing.T) {
	raw, err := os.ReadFile("testdata/hidden-text.json")
	require.NoError(t, err)
	var file struct {
		Cases []struct{ Name, Area, HTML string }
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		t.Run(c.Area+" "+c.Name, func(t *testing.T) {
			text := visible(c.HTML)
			require.NotContains(t, text, "SECRETX")
			require.Contains(t, text, "Hello, where is my order?")
			require.Contains(t, text, "Thanks")
		})
	}
}
