package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
)

const (
	api          = "https://dev.dixa.io"
	subscription = "cb452b81-6748-40ab-af85-6559b371bc5d"
	secret       = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	token        = "a token that is long enough"
)

// hook is a receiver under test.
type hook struct {
	t        *testing.T
	receiver *Receiver
	store    events.Store
	secrets  *File
	now      time.Time

	mu      sync.Mutex
	counted map[Outcome]int
}

func receive(t *testing.T) *hook {
	dir := t.TempDir()
	h := &hook{t: t, secrets: In(dir), now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), counted: map[Outcome]int{}}
	h.write(Subscription{ID: subscription, API: api, URL: "https://mcp.example.com" + Path, Secret: []Key{{Value: secret}}, Token: []Key{{Value: hash(token)}}})
	h.store = sqlitestore.Open(dir, sqlitestore.Options{Now: func() time.Time { return h.now }})
	t.Cleanup(func() { require.NoError(t, h.store.Close()) })
	h.receiver = New(Config{Secrets: h.secrets, API: api, Put: h.store.Put, Now: func() time.Time { return h.now }, Count: func(o Outcome) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.counted[o]++
	}})
	return h
}

func (h *hook) write(all ...Subscription) { require.NoError(h.t, h.secrets.Write(h.t.Context(), all)) }

// payload is the event with a number.
func payload(n int) string {
	return fmt.Sprintf(`{"event_id":"0c1a2b3c-4d5e-4f60-8a7b-%012d","event_fqn":"CONVERSATION_MESSAGE_ADDED","event_version":"1","event_timestamp":"2026-11-30T11:59:%02d.000Z",
		"data":{"conversation":{"csid":%d,"status":"OPEN"},"message_id":"m%d","text":"Geheim"}}`, n, n%60, 1000+n, n)
}

func signature(secret string, at time.Time, body string) string {
	key, err := hex.DecodeString(secret)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d.%s", at.UnixMilli(), body)
	return fmt.Sprintf("t=%d,v1=%x", at.UnixMilli(), mac.Sum(nil))
}

// delivery makes a delivery as Dixa makes it.
func (h *hook) delivery(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", subscription)
	r.Header.Set("X-DIXA-SIGNATURE", signature(secret, h.now, body))
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func (h *hook) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.receiver.ServeHTTP(w, r)
	return w
}

func (h *hook) accept(body string) {
	h.t.Helper()
	require.Equal(h.t, http.StatusOK, h.send(h.delivery(body)).Code)
}

func (h *hook) stored() (conversations []int64) {
	h.t.Helper()
	p, err := h.store.List(h.t.Context(), "", 100000)
	require.NoError(h.t, err)
	for _, e := range p.Events {
		conversations = append(conversations, e.Conversation)
	}
	return conversations
}

// A delivery is answered when its event is stored; a further one of the same event changes nothing.
func TestReceive(t *testing.T) {
	h := receive(t)
	for _, n := range []int{3, 1, 3, 2, 1, 1} { // reordered and duplicated
		h.accept(payload(n))
	}
	require.Equal(t, []int64{1003, 1001, 1002}, h.stored())
	h.now = h.now.Add(23 * time.Hour) // Dixa tries again, and signs again
	h.accept(payload(2))
	require.Len(t, h.stored(), 3)
	require.Equal(t, map[Outcome]int{Stored: 3, Duplicate: 4}, h.counted)
}

// What Dixa did not send is refused, always with the same answer, and is not stored.
func TestRefused(t *testing.T) {
	h := receive(t)
	changed := func(change func(*http.Request)) func(*hook) *http.Request {
		return func(h *hook) *http.Request {
			r := h.delivery(payload(1))
			change(r)
			return r
		}
	}
	header := func(name, value string) func(*hook) *http.Request {
		return changed(func(r *http.Request) { r.Header.Set(name, value) })
	}
	signedAt := func(at time.Time) func(*hook) *http.Request {
		return header("X-DIXA-SIGNATURE", signature(secret, at, payload(1)))
	}
	body := func(body string) func(*hook) *http.Request {
		return func(h *hook) *http.Request { return h.delivery(body) }
	}
	for name, c := range map[string]struct {
		request func(*hook) *http.Request
		want    Outcome
	}{
		"no signature":          {header("X-DIXA-SIGNATURE", ""), Unsigned},
		"nonsense as signature": {header("X-DIXA-SIGNATURE", "t=now,v1=abc"), Unsigned},
		"another secret":        {header("X-DIXA-SIGNATURE", signature(strings.Repeat("ab", 32), h.now, payload(1))), Unsigned},
		"another body":          {header("X-DIXA-SIGNATURE", signature(secret, h.now, payload(2))), Unsigned},
		"another time":          {header("X-DIXA-SIGNATURE", strings.Replace(signature(secret, h.now.Add(-time.Second), payload(1)), fmt.Sprint(h.now.Add(-time.Second).UnixMilli()), fmt.Sprint(h.now.UnixMilli()), 1)), Unsigned},
		"delayed by a day":      {signedAt(h.now.Add(-Tolerance - time.Second)), Old},
		"from the future":       {signedAt(h.now.Add(ahead + time.Second)), Old},
		"no token":              {header("Authorization", ""), Token},
		"another token":         {header("Authorization", "Bearer "+token+"x"), Token},
		"the token's hash":      {header("Authorization", "Bearer "+hash(token)), Token},
		"another scheme":        {header("Authorization", "Basic "+token), Token},
		"no subscription":       {header("X-DIXA-SUBSCRIPTION-ID", ""), Unknown},
		"another subscription":  {header("X-DIXA-SUBSCRIPTION-ID", strings.Replace(subscription, "c", "d", 1)), Unknown},
		"GET":                   {changed(func(r *http.Request) { r.Method = http.MethodGet }), Unknown},
		"an unknown event":      {body(strings.Replace(payload(1), "MESSAGE_ADDED", "EATEN", 1)), Unknown},
		"no JSON":               {body("hello"), Unknown},
		"nothing":               {body(""), Unknown},
		"too large":             {body(payload(1) + strings.Repeat(" ", MaxBody)), Oversized},
		"too large, not said": {func(h *hook) *http.Request {
			r := h.delivery(payload(1) + strings.Repeat(" ", MaxBody))
			r.ContentLength = -1
			return r
		}, Oversized},
	} {
		t.Run(name, func(t *testing.T) {
			h := receive(t)
			w := h.send(c.request(h))
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Empty(t, w.Body.String())
			require.Equal(t, http.Header{"Connection": {"close"}}, w.Header())
			require.Equal(t, map[Outcome]int{c.want: 1}, h.counted)
			require.Empty(t, h.stored())
		})
	}
	h.accept(payload(1) + strings.Repeat(" ", MaxBody-len(payload(1))))
	for _, edge := range []time.Time{h.now.Add(-Tolerance), h.now.Add(ahead)} {
		require.Equal(t, http.StatusOK, h.send(signedAt(edge)(h)).Code)
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// What the headers tell is checked before the body is read.
func TestHeadersFirst(t *testing.T) {
	h := receive(t)
	for _, name := range []string{"X-DIXA-SIGNATURE", "Authorization", "X-DIXA-SUBSCRIPTION-ID"} {
		r := h.delivery(payload(1))
		r.Body = io.NopCloser(unread{t})
		r.Header.Del(name)
		require.Equal(t, http.StatusForbidden, h.send(r).Code)
	}
	r := h.delivery(payload(1))
	r.Body = io.NopCloser(unread{t})
	h.now = h.now.Add(Tolerance + time.Minute)
	require.Equal(t, http.StatusForbidden, h.send(r).Code)
	r = h.delivery(payload(1))
	r.Body, r.ContentLength = io.NopCloser(unread{t}), MaxBody+1
	require.Equal(t, http.StatusForbidden, h.send(r).Code)
}

// Several secrets and tokens are valid at once, until their time is over; a change of the file is in force at once.
func TestRotation(t *testing.T) {
	h := receive(t)
	const newer, newToken = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100", "the next token"
	with := func(n int, secret, token string) int {
		r := h.delivery(payload(n))
		r.Header.Set("X-DIXA-SIGNATURE", signature(secret, h.now, payload(n)))
		r.Header.Set("Authorization", "Bearer "+token)
		return h.send(r).Code
	}
	require.Equal(t, 403, with(1, newer, newToken))
	all, err := h.secrets.Subscriptions()
	require.NoError(t, err)
	one := all[0]
	until := h.now.Add(Tolerance)
	one.Secret, one.Token = replace(one.Secret, newer, h.now, until), replace(one.Token, hash(newToken), h.now, until)
	h.write(one)
	require.Equal(t, 200, with(1, newer, newToken))
	require.Equal(t, 200, with(2, secret, token))
	h.now = until
	require.Equal(t, 403, with(3, secret, newToken))
	require.Equal(t, 403, with(3, newer, token))
	require.Equal(t, 200, with(3, newer, newToken))
	one.Secret = replace(one.Secret, newer, h.now, until)
	require.Equal(t, []Key{{Value: newer}}, one.Secret)
	h.write()
	require.Equal(t, 403, with(4, newer, newToken))
	one.API = "http://127.0.0.1:8080" // of another Dixa
	h.write(one)
	require.Equal(t, 403, with(4, newer, newToken))
}

// Whoever is refused too often is told to slow down; what is valid is accepted from the same address.
func TestLimit(t *testing.T) {
	h := receive(t)
	forged := func(from string) int {
		r := h.delivery(payload(1))
		r.RemoteAddr = from
		r.Header.Del("Authorization")
		return h.send(r).Code
	}
	for range refusedAtOnce {
		require.Equal(t, http.StatusForbidden, forged("[2001:db8:1:1::7]:1"))
	}
	require.Equal(t, http.StatusTooManyRequests, forged("[2001:db8:1:1:8000::9]:2"), "the same network")
	require.Equal(t, http.StatusForbidden, forged("[2001:db8:1:2::7]:1"))
	require.Equal(t, http.StatusForbidden, forged("198.51.100.7:1"))
	require.Equal(t, 1, h.counted[Limited])
	r := h.delivery(payload(1))
	r.RemoteAddr = "[2001:db8:1:1::7]:3"
	require.Equal(t, http.StatusOK, h.send(r).Code)
	h.now = h.now.Add(refusedEvery)
	require.Equal(t, http.StatusForbidden, forged("[2001:db8:1:1::7]:4"))
	for i := range 2 * mostAddresses {
		forged(fmt.Sprintf("10.0.%d.%d:1", i/256, i%256))
	}
	require.LessOrEqual(t, len(h.receiver.refused.of), mostAddresses)
}

// What could not be stored is not acknowledged, so that Dixa sends it again.
func TestNotStored(t *testing.T) {
	h := receive(t)
	broken := errors.New("the disk is full")
	put := h.receiver.Put
	h.receiver.Put = func(context.Context, ...events.Event) (int, error) { return 0, broken }
	w := h.send(h.delivery(payload(1)))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Empty(t, w.Body.String())
	h.receiver.Put = put
	h.accept(payload(1))
	require.Equal(t, []int64{1001}, h.stored())
	require.NoError(t, os.WriteFile(h.secrets.path, []byte("{"), 0o600))
	require.Equal(t, http.StatusServiceUnavailable, h.send(h.delivery(payload(2))).Code)
}

// The secrets are for their owner alone, and no log has them.
func TestSecretsAreKept(t *testing.T) {
	h := receive(t)
	info, err := os.Stat(h.secrets.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(h.secrets.path)
	require.NoError(t, err)
	require.NotContains(t, string(text), token)
	for _, e := range []string{sqlitestore.FileName, sqlitestore.FileName + "-wal"} {
		h.accept(payload(1))
		content, err := os.ReadFile(filepath.Join(filepath.Dir(h.secrets.path), e))
		require.NoError(t, err)
		require.False(t, bytes.Contains(content, []byte("Geheim")))
	}
}
