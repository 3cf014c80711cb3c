package freeze_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/freeze/freezetest"
)

func TestDir(t *testing.T) {
	freezetest.Run(t, func(t *testing.T) freezetest.Open {
		path := filepath.Join(t.TempDir(), "state", "frozen")
		return func() freeze.Store { return freeze.Dir(path) }
	})
}

// A mark that cannot be read stops: it was put there to stop.
func TestUnreadableMarkStops(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "half": `{"by":"me","at":"20`, "a list": "[]", "nonsense": "x"} {
		t.Run(name, func(t *testing.T) {
			d := freeze.Dir(t.TempDir())
			require.NoError(t, os.WriteFile(filepath.Join(string(d), "triage.json"), []byte(text), 0o600))
			reason, frozen := d.Frozen("triage")
			require.True(t, frozen)
			require.Equal(t, "the mark in the state folder cannot be read", reason)
			marks, err := d.List(t.Context())
			require.NoError(t, err)
			require.Equal(t, map[string]freeze.Mark{"triage": {Reason: reason}}, marks)
		})
	}
	file := filepath.Join(t.TempDir(), "frozen")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, frozen := freeze.Dir(file).Frozen("triage")
	require.True(t, frozen, "a file in place of the folder")
	_, err := freeze.Dir(file).List(t.Context())
	require.Error(t, err)
}
