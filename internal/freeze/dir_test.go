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
			require.Equal(t, "the freeze in the state directory cannot be read", reason)
			marks, err := d.List(t.Context())
			require.NoError(t, err)
			require.Equal(t, map[string]freeze.Freeze{"triage": {Reason: reason}}, marks)
		})
	}
	file := filepath.Join(t.TempDir(), "frozen")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, frozen := freeze.Dir(file).Frozen("triage")
	require.True(t, frozen, "a file in place of the folder")
	_, err := freeze.Dir(file).List(t.Context())
	require.Error(t, err)
}

// A freeze of a newer version, which says more, stops as well, and can be ended.
func TestFreezeOfANewerVersion(t *testing.T) {
	d := freeze.Dir(t.TempDir())
	require.NoError(t, os.WriteFile(filepath.Join(string(d), "triage.json"), []byte(`{"by":"anna","reason":"wrong replies","until":"2027-01-01"}`), 0o600))
	reason, frozen := d.Frozen("triage")
	require.True(t, frozen)
	require.Equal(t, "wrong replies", reason)
	removed, err := d.Remove(t.Context(), "triage")
	require.NoError(t, err)
	require.True(t, removed)
}

// A directory that others may write to, or that leads elsewhere, stops all agents: a freeze may have been removed.
func TestDirThatOthersCouldChange(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"mode 0777": func(t *testing.T, path string) {
			require.NoError(t, os.Mkdir(path, 0o700))
			require.NoError(t, os.Chmod(path, 0o777))
		},
		"mode 0770": func(t *testing.T, path string) {
			require.NoError(t, os.Mkdir(path, 0o700))
			require.NoError(t, os.Chmod(path, 0o770))
		},
		"a link to a directory": func(t *testing.T, path string) { require.NoError(t, os.Symlink(t.TempDir(), path)) },
		"a dangling link":       func(t *testing.T, path string) { require.NoError(t, os.Symlink("nowhere", path)) },
		"a link to itself":      func(t *testing.T, path string) { require.NoError(t, os.Symlink(path, path)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "frozen")
			spoil(t, path)
			d := freeze.Dir(path)
			reason, frozen := d.Frozen("triage")
			require.True(t, frozen)
			require.Contains(t, reason, "the directory of freezes")
			require.Error(t, d.Check())
			require.Error(t, d.Set(t.Context(), "triage", freeze.Freeze{By: "me"}))
		})
	}
}

// A link in place of a freeze is one, also a dangling one, and so is anything else that is not a file.
func TestFreezeThatIsNotAFile(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"a dangling link":  func(path string) error { return os.Symlink("nowhere", path) },
		"a link to itself": func(path string) error { return os.Symlink(path, path) },
		"a directory":      func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			d := freeze.Dir(t.TempDir())
			require.NoError(t, os.Chmod(string(d), 0o700))
			require.NoError(t, spoil(filepath.Join(string(d), "triage.json")))
			_, frozen := d.Frozen("triage")
			require.True(t, frozen)
			_, frozen = d.Frozen("reader")
			require.False(t, frozen)
			marks, err := d.List(t.Context())
			require.NoError(t, err)
			require.Contains(t, marks, "triage")
		})
	}
}
