package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// A new key is valid at once. A withdrawn key is invalid once the keys were read again.
func TestKeysRotate(t *testing.T) {
	p := newProvider(t)
	first, second := newSigner(t, "1", jose.RS256), newSigner(t, "2", jose.ES256)
	p.publish(first)
	b := newBed(t, withTokens(p))
	old := first.sign(t, p.claims(nil))
	_, err := b.Identify(request(old))
	require.NoError(t, err)

	p.publish(second)
	_, err = b.Identify(request(second.sign(t, p.claims(nil))))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, b.refused(request(old)).StatusCode)

	p.publish(first)
	b.pass(readAgain)
	_, err = b.Identify(request(second.sign(t, p.claims(nil))))
	require.NoError(t, err, "nobody waits for the keys to be read again")
	require.Eventually(t, func() bool {
		_, err := b.Identify(request(second.sign(t, p.claims(nil))))
		return err != nil
	}, time.Minute, time.Millisecond)
}

// Tokens that nobody signed make the issuer be asked a few times, and no more.
func TestForgedTokensDoNotAskForever(t *testing.T) {
	p := newProvider(t)
	p.publish(newSigner(t, "1", jose.ES256))
	b := newBed(t, withTokens(p))
	forged := newSigner(t, "1", jose.ES256).sign(t, p.claims(nil))
	for range 50 {
		require.Equal(t, http.StatusUnauthorized, b.refused(request(forged)).StatusCode)
	}
	require.Equal(t, 1+missesAtOnce, p.times("/keys"))
	b.pass(missesEvery)
	b.refused(request(forged))
	require.Equal(t, 2+missesAtOnce, p.times("/keys"))
}

// While the issuer is unavailable tokens are not called invalid, keys stay valid, and it is asked again after a pause.
func TestIssuerAway(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "1", jose.ES256)
	p.publish(key)
	b := newBed(t, withTokens(p))
	token := key.sign(t, p.claims(nil))
	down := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "PLANTED", http.StatusBadGateway)
	}
	p.turn(discovery, down)
	for range 3 {
		answer := b.refused(request(token))
		require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		require.Equal(t, "10", answer.Header.Get("Retry-After"))
		require.Empty(t, answer.Header.Get("WWW-Authenticate"))
	}
	require.Equal(t, 1, p.times(discovery), "not before the pause is over")
	_, err := b.Identify(request(keyOf("one")))
	require.NoError(t, err)

	p.turn(discovery, nil)
	b.pass(pause)
	_, err = b.Identify(request(token))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(b.log.String(), "the token issuer's keys cannot be read"))
	require.Equal(t, 1, strings.Count(b.log.String(), "the token issuer can be reached again"))
	require.NotContains(t, b.log.String(), "PLANTED")

	p.turn("/keys", down)
	b.pass(40 * time.Minute)
	_, err = b.Identify(request(token))
	require.NoError(t, err, "the keys that are known go on to count")
	unknown := newSigner(t, "2", jose.ES256).sign(t, p.claims(nil))
	require.Equal(t, http.StatusServiceUnavailable, b.refused(request(unknown)).StatusCode, "it may be signed with a new key")
	b.pass(oldest)
	long := key.sign(t, p.claims(map[string]any{"exp": begin.Add(48 * time.Hour).Unix()}))
	require.Equal(t, http.StatusServiceUnavailable, b.refused(request(long)).StatusCode, "but not forever")
}

// What an issuer must not answer leaves its tokens unchecked, and is not read any further.
func TestIssuersThatCannotBeTrusted(t *testing.T) {
	elsewhere := newProvider(t)
	key := newSigner(t, "1", jose.ES256)
	elsewhere.publish(key)
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	text := func(format string, args ...any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, format, args...)
		}
	}
	huge := func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[],"padding":"%s"}`, strings.Repeat("x", maxDocument))
	}
	for name, c := range map[string]struct {
		path   string
		answer func(p *provider) http.HandlerFunc
		log    string
	}{
		"keys elsewhere by a redirect": {"/keys", func(*provider) http.HandlerFunc { return redirect(elsewhere.URL + "/keys") }, "redirects to"},
		"discovery by a redirect":      {discovery, func(*provider) http.HandlerFunc { return redirect(elsewhere.URL + discovery) }, "redirects to"},
		"a redirect without end":       {"/keys", func(*provider) http.HandlerFunc { return redirect("/keys") }, "redirects to"},
		"huge keys":                    {"/keys", func(*provider) http.HandlerFunc { return huge }, "over 1 MiB"},
		"a huge discovery":             {discovery, func(*provider) http.HandlerFunc { return huge }, "over 1 MiB"},
		"another issuer": {discovery, func(*provider) http.HandlerFunc {
			return text(`{"issuer":%q,"jwks_uri":%q}`, elsewhere.URL, elsewhere.URL+"/keys")
		}, "did not match"},
		"keys over an open line": {discovery, func(p *provider) http.HandlerFunc {
			return text(`{"issuer":%q,"jwks_uri":"http://login.example.com/keys"}`, p.URL)
		}, "jwks_uri is not an https:// address"},
		"keys on another port": {discovery, func(p *provider) http.HandlerFunc {
			return text(`{"issuer":%q,"jwks_uri":%q}`, p.URL, elsewhere.URL+"/keys")
		}, "jwks_uri is not an https:// address"},
		"no address of keys":   {discovery, func(p *provider) http.HandlerFunc { return text(`{"issuer":%q}`, p.URL) }, "jwks_uri is not an https:// address"},
		"keys that are a file": {discovery, func(p *provider) http.HandlerFunc { return text(`{"issuer":%q,"jwks_uri":"file:///etc/keys"}`, p.URL) }, "jwks_uri is not an https:// address"},
		"no JSON":              {"/keys", func(*provider) http.HandlerFunc { return text("<html>") }, "no set of keys"},
		"no keys":              {"/keys", func(*provider) http.HandlerFunc { return text(`{"keys":[]}`) }, "no key that verifies signatures"},
		"secrets and what is not known": {"/keys", func(*provider) http.HandlerFunc {
			return text(`{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"1"},{"kty":"new"},7,{"kty":"RSA","n":"!"}]}`)
		}, "no key that verifies signatures"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.publish(key)
			p.turn(c.path, c.answer(p))
			b := newBed(t, withTokens(p))
			token := key.sign(t, p.claims(nil))
			require.Equal(t, http.StatusServiceUnavailable, b.refused(request(token)).StatusCode)
			require.Contains(t, b.log.String(), c.log)
			require.Zero(t, elsewhere.times("/keys")+elsewhere.times(discovery))
		})
	}
}

// Keys for other uses beside one that fits do no harm.
func TestKeysForOtherUses(t *testing.T) {
	p := newProvider(t)
	sealing, key := newSigner(t, "1", jose.RS256), newSigner(t, "1", jose.ES256)
	p.publish(sealing, key)
	p.keys[0].Use = "enc"
	p.keys = append(p.keys, jose.JSONWebKey{Key: []byte("secret"), KeyID: "1"})
	b := newBed(t, withTokens(p))
	_, err := b.Identify(request(key.sign(t, p.claims(nil))))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, b.refused(request(sealing.sign(t, p.claims(nil)))).StatusCode)
	require.Equal(t, http.StatusUnauthorized, b.refused(request(sign(t, jose.HS256, []byte(strings.Repeat("secret", 6)), p.claims(nil)))).StatusCode)
}

// Many who come at once wait for one reading, and one who goes away does not end it for the others.
func TestOneReadingForAll(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "1", jose.ES256)
	p.publish(key)
	asked, release := make(chan struct{}), make(chan struct{})
	p.turn(discovery, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/keys"}`, p.URL, p.URL)
	})
	b := newBed(t, withTokens(p))
	token := key.sign(t, p.claims(nil))
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		all.Go(func() { _, errs[i] = b.Identify(request(token)) })
	}
	<-asked
	impatient, leave := context.WithCancel(t.Context())
	leave()
	_, err := b.Identify(request(token).WithContext(impatient))
	require.ErrorContains(t, err, "context canceled")
	close(release)
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, p.times(discovery))
}

// Close ends a reading that hangs, and those who wait for it.
func TestCloseEndsReading(t *testing.T) {
	asked := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer hangs.Close()
	p := &provider{Server: hangs}
	b := newBed(t, withTokens(p))
	token := newSigner(t, "1", jose.ES256).sign(t, p.claims(nil))
	done := make(chan error)
	go func() {
		_, err := b.Identify(request(token))
		done <- err
	}()
	<-asked
	b.Close()
	require.Error(t, <-done)
	_, err := b.Identify(request(token))
	require.Error(t, err)
}
