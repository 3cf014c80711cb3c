package main

import (
	"encoding/json"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// The fields that name the commit are there if Go recorded it, and only then.
func TestSourceOf(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings []debug.BuildSetting
		want     string
	}{
		{"not recorded", []debug.BuildSetting{{Key: "GOOS", Value: "linux"}}, `{}`},
		{"a commit", []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0f6f3a52"}, {Key: "vcs.time", Value: "2026-11-30T01:02:03Z"}, {Key: "vcs.modified", Value: "false"}},
			`{"revision":"0f6f3a52","time":"2026-11-30T01:02:03Z","modified":false}`},
		{"a changed tree", []debug.BuildSetting{{Key: "vcs.revision", Value: "0f6f3a52"}, {Key: "vcs.modified", Value: "true"}}, `{"revision":"0f6f3a52","modified":true}`},
		{"a value that Go never writes", []debug.BuildSetting{{Key: "vcs.modified", Value: "perhaps"}}, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(sourceOf(c.settings))
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

// Scripts read the version as JSON: its first four fields are always there.
func TestVersionAsJSON(t *testing.T) {
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(newPlace(t).good("version", "--json")), &got))
	for _, field := range []string{"version", "go", "os", "arch"} {
		require.NotEmpty(t, got[field], field)
	}
}
