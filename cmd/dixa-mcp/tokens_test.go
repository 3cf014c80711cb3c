package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// dixaWithTokens is an offline Dixa that does not take every token, and gives how often each came.
func dixaWithTokens(t *testing.T) (url string, came func() map[string]int) {
	dixa := offline.New(offline.Options{Rate: 10, Burst: 4})
	other := offline.New(offline.Options{Seed: 2})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.Header.Get("Authorization"), "revoked"):
			http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
		case strings.Contains(r.Header.Get("Authorization"), "stranger"):
			other.ServeHTTP(w, r)
		default:
			dixa.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() map[string]int {
		n := map[string]int{}
		for _, r := range dixa.Requests() {
			if r.Status != http.StatusTooManyRequests { // requests that arrive late come in a bunch, and are repeated
				n[r.Token]++
			}
		}
		return n
	}
}

func TestSeveralTokens(t *testing.T) {
	p := newPlace(t)
	url, came := dixaWithTokens(t)
	s := open(t, p.command([]string{"DIXA_API_TOKENS=one-" + token + ", two-" + token + "\nthree-" + token, "DIXA_MCP_BASE_URL=" + url, "DIXA_MCP_AGENT=support"}, "serve"))
	s.initialize()
	for i := range 6 {
		s.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_conversation","arguments":{"conversationId":1234}}}`, i))
	}
	for i := range 6 {
		require.NotContains(t, s.wait(fmt.Sprint(i)), `"isError":true`)
	}
	require.Greater(t, len(came()), 1, "reads go over more than one")
	before := came()
	for i := range 4 {
		require.NotContains(t, s.ask(10+i, "tools/call", `{"name":"add_note","arguments":{"conversationId":1234,"message":"seen","again":true}}`), `"isError":true`)
	}
	require.Equal(t, before["one-"+token]+4, came()["one-"+token], "writes only over the first")
}

func TestDoctorAsksWithEachToken(t *testing.T) {
	p := newPlace(t)
	url, _ := dixaWithTokens(t)
	p.write("tokens", "one-"+token+"\nrevoked-"+token+"\n\nstranger-"+token+"\n")
	o := finish(t, p.command([]string{"DIXA_API_TOKENS_FILE=~/tokens", "DIXA_MCP_BASE_URL=" + url}, "doctor"))
	require.Equal(t, 1, o.code)
	require.Regexp(t, `(?m)^✓ token 1 of 3     the token is valid for .* \(.*, .*\)$`, o.stdout)
	require.Contains(t, o.stdout, "✗ token 2 of 3     Dixa does not accept the token (401")
	require.Regexp(t, `(?m)^✗ token 3 of 3     the token belongs to the organization .*, and the first token to .*: all tokens must be of one organization$`, o.stdout)
	require.NotContains(t, o.stdout+o.stderr, token)
}

func TestFileOfTokens(t *testing.T) {
	p := newPlace(t)
	path := p.write("tokens", "\none\r\nBearer two\n")
	all, err := fileTokens(path)
	require.NoError(t, err)
	require.Len(t, all, 2)
	for _, test := range []struct{ file, second, says string }{
		{"one\nTWO\n", "TWO", ""},
		{"one\n", "", "DIXA_API_TOKENS_FILE has 1 tokens now and had 2 when dixa-mcp started; restart dixa-mcp"},
		{"one\ntwo\nthree", "", "DIXA_API_TOKENS_FILE has 3 tokens now"},
		{"one\none", "", "token 1 and token 2 are the same"},
		{"one\nt'wo'", "", "token 2 of 2: the Dixa API token has characters"},
		{"one,two", "two", ""},
	} {
		p.write("tokens", test.file)
		second, err := all[1]()
		require.Equal(t, test.second, second)
		if test.says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, test.says)
	}
}
