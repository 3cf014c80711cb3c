package stored

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type thing struct {
	Name  string `json:"name"`
	Inner []struct {
		ID int `json:"id"`
	} `json:"inner,omitzero"`
}

func TestDecode(t *testing.T) {
	var v thing
	require.NoError(t, Decode([]byte(`{"name":"a","inner":[{"id":1}]}`), &v))
	require.Equal(t, "a", v.Name)
	require.Len(t, v.Inner, 1)
	require.NoError(t, Decode([]byte(`{}`), &v), "an older version, which did not know a field")
	require.ErrorIs(t, Decode([]byte(`{"name":"a","later":1}`), &v), ErrNewer)
	require.ErrorIs(t, Decode([]byte(`{"inner":[{"id":1,"later":null}]}`), &v), ErrNewer)
	for _, broken := range []string{``, `{`, `{} {}`, `{"name":1}`} {
		err := Decode([]byte(broken), &v)
		require.Error(t, err)
		require.NotErrorIs(t, err, ErrNewer)
	}
}
