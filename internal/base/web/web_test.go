package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func with(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, h := range headers {
		r.Header.Add("Authorization", h)
	}
	return r
}

func TestBearer(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    string
		err     error
	}{
		{nil, "", ErrNoCredential},
		{[]string{"Bearer a"}, "a", nil},
		{[]string{"bearer   abc.DEF-_~+/== "}, "abc.DEF-_~+/==", nil},
		{[]string{"Bearer a", "Bearer a"}, "", ErrTwice},
		{[]string{""}, "", ErrNotBearer},
		{[]string{"Bearer"}, "", ErrNotBearer},
		{[]string{"Bearer "}, "", ErrNotBearer},
		{[]string{"Bearer =="}, "", ErrNotBearer},
		{[]string{"Bearer a b"}, "", ErrNotBearer},
		{[]string{"Bearer a,b"}, "", ErrNotBearer},
		{[]string{"Bearer\ta"}, "", ErrNotBearer},
		{[]string{`Bearer "a"`}, "", ErrNotBearer},
		{[]string{"Bearer é"}, "", ErrNotBearer},
		{[]string{"Basic a"}, "", ErrNotBearer},
		{[]string{"Bearer " + strings.Repeat("a", maxCredential+1)}, "", ErrNotBearer},
	} {
		got, err := Bearer(with(c.headers...))
		require.Equal(t, c.want, got, c.headers)
		require.ErrorIs(t, err, c.err, c.headers)
	}
}

func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ", "bearer  a", "Bearer a=", "Bearer ==", "Bearer a,b", "Basic a", "Bearer\ta", "Bearer é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		credential, err := Bearer(with(header))
		if err != nil {
			require.Empty(t, credential)
			return
		}
		require.NotEmpty(t, credential)
		require.LessOrEqual(t, len(credential), maxCredential)
		require.NotContains(t, credential, " ")
		require.True(t, strings.EqualFold(header[:7], "Bearer "))
		again, err := Bearer(with("Bearer " + credential))
		require.NoError(t, err)
		require.Equal(t, credential, again)
	})
}

func TestRefuse(t *testing.T) {
	w := httptest.NewRecorder()
	Refuse(w, http.StatusForbidden, "not <here>")
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "{\"error\":\"not <here>\"}\n", w.Body.String())
}
