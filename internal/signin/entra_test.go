package signin

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Entra ID's claim stands for email_verified at Entra ID, and only where that is absent.
func TestVerifiedAtEntra(t *testing.T) {
	const tenant = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"
	for _, c := range []struct {
		name, issuer string
		claims       map[string]any
		verified     bool
	}{
		{"as documented", tenant, map[string]any{"xms_edov": true}, true},
		{"as text", tenant, map[string]any{"xms_edov": "1"}, true},
		{"version 1", "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/", map[string]any{"xms_edov": true}, true},
		{"not verified", tenant, map[string]any{"xms_edov": false}, false},
		{"absent", tenant, map[string]any{}, false},
		{"another text", tenant, map[string]any{"xms_edov": "no"}, false},
		{"email_verified says no", tenant, map[string]any{"xms_edov": true, "email_verified": false}, false},
		{"another provider", "https://login.example.com", map[string]any{"xms_edov": true}, false},
		{"a host of that start", "https://login.microsoftonline.com.evil.example/x/v2.0", map[string]any{"xms_edov": true}, false},
		{"a user of that name", "https://login.microsoftonline.com@evil.example/x/v2.0", map[string]any{"xms_edov": true}, false},
		{"a path of that name", "https://evil.example/login.microsoftonline.com", map[string]any{"xms_edov": true}, false},
		{"another provider's own claim", "https://login.example.com", map[string]any{"email_verified": true}, true},
	} {
		c.claims["email"] = "anna@example.com"
		p := personOf(c.issuer, "1", c.claims)
		require.Equal(t, c.verified, p.Email == "anna@example.com", c.name)
		require.Equal(t, !c.verified, p.Email == "", c.name)
	}
}
