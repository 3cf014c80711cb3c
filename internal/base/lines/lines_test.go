package lines

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFirst(t *testing.T) {
	for _, c := range []struct {
		all     string
		atLeast bool
		want    string
	}{
		{"a", false, "a"},
		{"a b c", false, "a b c"},
		{"a b c d", false, "a b and_2_more"},
		{"a b c d", true, "a b and_at_least_2_more"},
		{"a b", true, "a b and_at_least_1_more"},
	} {
		all := strings.Fields(c.all)
		got := First(all, 3, c.atLeast)
		require.Equal(t, strings.ReplaceAll(strings.ReplaceAll(c.want, " ", "|"), "_", " "), strings.Join(got, "|"))
		require.Equal(t, strings.Fields(c.all), all)
	}
}
