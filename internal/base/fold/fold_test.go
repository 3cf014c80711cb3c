package fold

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Billing", " billing ", true}, {"Billing Team", "BILLING\u00a0 team", true}, {"Größe", "GRÖßE", true}, {"BillingTeam", "billing team", true},
		{"Billing", "Bill", false}, {"a-b", "ab", false}, {"", " ", true},
	} {
		require.Equal(t, c.same, Same(c.a, c.b), "%q %q", c.a, c.b)
	}
}
