package approval_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

func TestDigest(t *testing.T) {
	digest := func(agent, tool, arguments string) string {
		d, err := approval.Digest(agent, tool, []byte(arguments))
		require.NoError(t, err)
		require.Regexp(t, "^[0-9a-f]{64}$", d)
		return d
	}
	same := digest("a", "t", `{"x": 1, "y": {"b": [1, 2], "a": "<é>"}}`)
	require.Equal(t, same, digest("a", "t", ` {"y":{"a":"\u003cé>","b":[1,2]},"x":1}`))
	for _, other := range [][3]string{
		{"b", "t", `{"x": 1, "y": {"b": [1, 2], "a": "<é>"}}`},
		{"a", "u", `{"x": 1, "y": {"b": [1, 2], "a": "<é>"}}`},
		{"a", "t", `{"x": 2, "y": {"b": [1, 2], "a": "<é>"}}`},
		{"a", "t", `{"x": "1", "y": {"b": [1, 2], "a": "<é>"}}`},
		{"a", "t", `{"x": 1, "y": {"b": [2, 1], "a": "<é>"}}`},
	} {
		require.NotEqual(t, same, digest(other[0], other[1], other[2]))
	}
	require.NotEqual(t, digest("a", "bc", "{}"), digest("ab", "c", "{}"))
	require.NotEqual(t, digest("a", "t", `{"x": 9007199254740993}`), digest("a", "t", `{"x": 9007199254740992}`))
	for _, wrong := range []string{"", "{", "{} {}", "{}x"} {
		_, err := approval.Digest("a", "t", []byte(wrong))
		require.Error(t, err, wrong)
	}
}
