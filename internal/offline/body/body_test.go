package body

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseTime(t *testing.T) {
	want := time.Date(2021, 12, 1, 12, 46, 36, 581e6, time.UTC)
	for _, s := range []string{"2021-12-01T12:46:36.581Z", "2021-12-01T12:46:36.581Z[GMT]", "2021-12-01T13:46:36.581+01:00[Europe/Copenhagen]"} {
		got, err := ParseTime(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "2021-12-01", "2021-12-01T12:46:36", "2021-12-01T12:46:36Z]", "[GMT]"} {
		_, err := ParseTime(s)
		require.Error(t, err, s)
	}
}

// Numbers are integers when they are whole, however they are written, and never anything else.
func TestWholeNumbers(t *testing.T) {
	type whole struct {
		N int32 `wire:"n,required"`
	}
	for text, ok := range map[string]bool{
		`{"n":1}`: true, `{"n":1.0}`: true, `{"n":1e3}`: true, `{"n":-5}`: true,
		`{"n":1.5}`: false, `{"n":"1"}`: false, `{"n":2147483648}`: false, `{"n":1e300}`: false, `{"n":true}`: false,
	} {
		var v whole
		err := Reader{}.Read([]byte(text), &v)
		require.Equal(t, ok, err == nil, "%s: %v", text, err)
	}
}
