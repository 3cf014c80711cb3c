package dixaclient

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every operation of the API keeps its path in beta but for the first segment; the Exports API has one version.
func TestVersionPaths(t *testing.T) {
	for _, s := range Operations() {
		require.Equal(t, s.Path, V1.path(s), s.Name)
		if s.Host == Exports {
			require.Equal(t, s.Path, Beta.path(s), s.Name)
			continue
		}
		require.Equal(t, strings.Replace(s.Path, "/v1/", "/beta/", 1), Beta.path(s), s.Name)
	}
}

func TestVersionOfRequests(t *testing.T) {
	for version, want := range map[Version]string{"": "/v1/conversations/7", V1: "/v1/conversations/7", Beta: "/beta/conversations/7"} {
		var got string
		c := testClient(t, Config{Version: version}, func(w http.ResponseWriter, r *http.Request) {
			got = r.URL.Path
			_, _ = io.WriteString(w, `{"data":{}}`)
		})
		_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{7}})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := New(Config{Token: StaticToken(testToken), Version: "v2"})
	require.EqualError(t, err, `dixaclient: the API version must be v1 or beta, not "v2"`)
	_, err = New(Config{Token: StaticToken(testToken), URL: "https://dixa.example/beta"})
	require.ErrorContains(t, err, "must not end with a version")
}

// What only beta fills in is refused in v1 before anything is sent.
func TestRequiredInV1(t *testing.T) {
	one := ConversationRef{7}
	for _, test := range []struct {
		name string
		spec *Spec
		in   any
		want string
	}{
		{"no end user", OfferRating.Spec, &OfferRatingIn{ConversationRef: one, RatingType: "Csat", AgentID: testUUID}, "userId"},
		{"no agent", OfferRating.Spec, &OfferRatingIn{ConversationRef: one, RatingType: "Csat", UserID: testUUID}, "agentId"},
		{"attachments alone", SendMessage.Spec, &SendMessageIn{ConversationRef: one, AgentID: testUUID,
			MessageExtras: MessageExtras{Attachments: []Attachment{{URL: "https://example.com/a.pdf"}}}}, "text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.spec.RequestIn(V1, test.in)
			var refused *InputError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.want, refused.Field)
			require.Equal(t, test.spec.Name, refused.Operation)
			r, err := test.spec.RequestIn(Beta, test.in)
			require.NoError(t, err)
			require.NotContains(t, string(r.Body), `"`+test.want+`"`)
		})
	}
	require.Equal(t, []string{"userId", "agentId"}, OfferRating.Spec.RequiredInV1())
}
