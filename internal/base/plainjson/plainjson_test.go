package plainjson

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMarshal(t *testing.T) {
	text, err := Marshal(map[string]string{"a": "<p>&\u2028\n"})
	require.NoError(t, err)
	require.Equal(t, `{"a":"<p>&\u2028\n"}`, string(text))
	_, err = Marshal(func() {})
	require.Error(t, err)
}
