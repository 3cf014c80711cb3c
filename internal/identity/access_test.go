package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakePeople knows one access token.
type fakePeople struct {
	digest [sha256.Size]byte
	who    SignedIn
	err    error
}

func (f *fakePeople) SignedIn(_ context.Context, session string, digest [sha256.Size]byte) (SignedIn, bool, error) {
	return f.who, session == f.who.Session && digest == f.digest, f.err
}

func (f *fakePeople) Issuer() string { return "https://mcp.example.com" }

// An access token is valid for the address of the server for which it was given, for as long as its sign-in is.
func TestAccessTokens(t *testing.T) {
	token := AccessPrefix + strings.Repeat("a", accessIDLength) + strings.Repeat("B", accessLength-accessIDLength)
	people := &fakePeople{sha256.Sum256([]byte(token)), SignedIn{
		Session: strings.Repeat("a", accessIDLength), Person: Person{Issuer: "i", Subject: "anna"}, Agent: "helper",
		Resource: "https://mcp.example.com/mcp/helper", Expires: begin.Add(time.Minute),
	}, nil}
	b := newBed(t, "agents: {helper: {access: {tags: read}}}", func(o *Options) {
		o.People = people
		o.Resource = func(*http.Request) string { return "https://mcp.example.com/mcp" }
	})
	at := func(agent, credential string) *http.Request {
		r := request(credential)
		r.SetPathValue(AgentPath, agent)
		return r
	}
	who, err := b.Identify(at("helper", token))
	require.NoError(t, err)
	require.Equal(t, "helper", who.Agent)
	require.Equal(t, "anna", who.Person.Subject)
	require.Equal(t, people.who.Expires, who.Expires)
	_, err = b.Again(who)
	require.NoError(t, err)

	for name, r := range map[string]*http.Request{
		"another agent":   at("other", token),
		"no agent":        at("", token),
		"another token":   at("helper", token[:len(token)-1]+"C"),
		"another session": at("helper", AccessPrefix+strings.Repeat("b", accessLength)),
		"cut":             at("helper", token[:len(token)-1]),
		"longer":          at("helper", token+"B"),
		"a refresh token": at("helper", "dixa-mcp-refresh-"+strings.Repeat("a", accessLength)),
	} {
		answer := b.refused(r)
		require.Equal(t, http.StatusUnauthorized, answer.StatusCode, name)
		require.Contains(t, answer.Header.Get("WWW-Authenticate"), `error="invalid_token"`, name)
		require.Contains(t, answer.Header.Get("WWW-Authenticate"), `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp`, name)
	}
	inURL := request()
	inURL.URL.RawQuery = "x=" + token
	require.Equal(t, http.StatusBadRequest, b.refused(inURL).StatusCode)
	require.NotContains(t, b.log.String(), token)

	w := httptest.NewRecorder()
	metadata := httptest.NewRequest(http.MethodGet, "https://mcp.example.com"+MetadataPath+"/mcp/helper", nil)
	metadata.SetPathValue(AgentPath, "helper")
	b.Metadata().ServeHTTP(w, metadata)
	require.JSONEq(t, `{"resource":"https://mcp.example.com/mcp/helper","resource_name":"dixa-mcp","authorization_servers":["https://mcp.example.com"],"bearer_methods_supported":["header"]}`, w.Body.String())

	people.err = errors.New("Redis is away")
	require.Equal(t, http.StatusServiceUnavailable, b.refused(at("helper", token)).StatusCode, "it may be valid")
	people.err, people.who.Session = nil, "ended"
	_, err = b.Again(who)
	require.Error(t, err)
}
