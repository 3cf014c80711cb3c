package signin

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/test/clock"
	"dixa-mcp/internal/test/double"
)

// A person who signs in for a page of this program is who the provider says, in the browser that began, once and in time.
func TestLogin(t *testing.T) {
	c := &clock.Clock{}
	provider := newFakeProvider(t, c)
	l := NewLogin(Provider{Issuer: provider.URL, ClientID: "dixa", ClientSecret: "PLANTED-secret", Transport: provider}, "https://console.example.com/sign-in/callback", c.Now, slog.New(slog.NewTextHandler(&double.Log{}, nil)))
	t.Cleanup(l.Close)
	begin := func() (asked url.Values, kept string) {
		address, kept, err := l.Begin(t.Context())
		require.NoError(t, err)
		u, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, "login.example.com", u.Host)
		require.Equal(t, "https://console.example.com/sign-in/callback", u.Query().Get("redirect_uri"))
		require.Equal(t, "openid profile email", u.Query().Get("scope"), "no access that lasts is asked for")
		for _, secret := range []string{u.Query().Get("state"), u.Query().Get("nonce")} {
			require.NotContains(t, kept, secret)
		}
		return u.Query(), kept
	}
	asked, kept := begin()
	back := provider.signIn("anna", asked)
	person, err := l.Finish(t.Context(), kept, back)
	require.NoError(t, err)
	require.Equal(t, []string{"anna@example.com", provider.URL}, []string{person.Email, person.Issuer})
	_, err = l.Finish(t.Context(), kept, back)
	require.Error(t, err, "the provider exchanges a code once")

	provider.turn(func() { provider.change = func(answer map[string]any) { delete(answer, "refresh_token") } })
	asked, kept = begin()
	person, err = l.Finish(t.Context(), kept, provider.signIn("anna", asked))
	require.NoError(t, err, "no refresh token is needed")
	require.Equal(t, "anna@example.com", person.Email)

	for name, change := range map[string]func(kept *string, back url.Values){
		"another browser":   func(kept *string, _ url.Values) { _, *kept = begin() },
		"no cookie":         func(kept *string, _ url.Values) { *kept = "" },
		"another state":     func(_ *string, back url.Values) { back.Set("state", "x") },
		"no state":          func(_ *string, back url.Values) { back.Del("state") },
		"a parameter twice": func(_ *string, back url.Values) { back.Add("code", "x") },
		"too late":          func(*string, url.Values) { c.Advance(signInFor + time.Second) },
	} {
		asked, kept := begin()
		back := provider.signIn("anna", asked)
		change(&kept, back)
		person, err := l.Finish(t.Context(), kept, back)
		require.ErrorIs(t, err, ErrOtherSignIn, name)
		require.Equal(t, identity.Person{}, person)
	}
	asked, kept = begin()
	_, err = l.Finish(t.Context(), kept, url.Values{"state": asked["state"], "error": {"access_denied"}})
	require.ErrorContains(t, err, "did not sign the person in")
	asked, kept = begin()
	other, _ := begin()
	back = provider.signIn("anna", other)
	back["state"] = asked["state"]
	_, err = l.Finish(t.Context(), kept, back)
	require.Error(t, err, "a code of another sign-in")
}
