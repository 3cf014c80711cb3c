package dixaclient

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2021-12-01T12:46:36.581Z[GMT]":           "2021-12-01T12:46:36.581Z",
		"2021-12-01T12:46:36.581123456Z[Etc/UTC]": "2021-12-01T12:46:36.581Z",
		"2021-12-01T12:46Z[GMT]":                  "2021-12-01T12:46:00.000Z",
		"2021-12-01T14:46+02:00":                  "2021-12-01T12:46:00.000Z",
		"2021-12-01T14:46:36+02:00[Europe/Paris]": "2021-12-01T12:46:36.000Z",
		"2021-12-01T12:46:36Z":                    "2021-12-01T12:46:36.000Z",
		"2021-12-01T12:46:36.5":                   "2021-12-01T12:46:36.500Z",
		"2021-12-01T12:46:36":                     "2021-12-01T12:46:36.000Z",
		"2021-12-01T12:46":                        "2021-12-01T12:46:00.000Z",
		"2021-12-01":                              "2021-12-01T00:00:00.000Z",
	} {
		got, err := ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{"", "yesterday", "1638362796581", "2021-13-01", "[GMT]", "2021-12-01T25:00:00Z", "12:46"} {
		_, err := ParseTime(text)
		require.ErrorContains(t, err, "is not a time such as", text)
	}
}

func TestTimeInJSON(t *testing.T) {
	for text, zero := range map[string]bool{`"2021-12-01T12:46:36.581Z[GMT]"`: false, `"soon"`: true, `null`: true, `1638362796581`: true, `{"at":1}`: true, `""`: true} {
		v := Time{}
		require.NoError(t, json.Unmarshal([]byte(text), &v), "one odd field must not cost the answer")
		require.Equal(t, zero, v.IsZero(), text)
	}
	at, err := ParseTime("2021-12-01T12:46:36.581999Z")
	require.NoError(t, err)
	b, err := json.Marshal(map[string]any{"at": at, "to": &at})
	require.NoError(t, err)
	require.Equal(t, `{"at":"2021-12-01T12:46:36.581Z","to":"2021-12-01T12:46:36.581Z"}`, string(b))
}

func TestNames(t *testing.T) {
	for _, ok := range []Name{"a", "first_response_time", "support@email.dixa.io", "+4512345678", "da-DK", "a..b", "...", "a&b=c,d", Name(strings.Repeat("a", 256))} {
		require.NoError(t, ok.Check(), ok)
	}
	for bad, want := range map[Name]string{"": "non-empty", "..": "non-empty", "a/b": "without", "ø": "ASCII", Name(strings.Repeat("a", 257)): "256"} {
		require.ErrorContains(t, bad.Check(), want)
	}
	require.NoError(t, ActingAgent(testUUID).Check())
	require.Error(t, ActingAgent("me").Check())
}

func TestSetSendsEveryValueOnce(t *testing.T) {
	for _, c := range []struct {
		set  Set[string]
		want string
	}{
		{Set[string]{"b", "a", "b", "<c>"}, `["b","a","<c>"]`},
		{Set[string]{}, `[]`},
	} {
		r, err := UpdateAgent.Spec.Request(&UpdateAgentIn{AgentRef: AgentRef{AgentID: "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"},
			PersonDetails: PersonDetails{AdditionalEmails: c.set}})
		require.NoError(t, err)
		require.Equal(t, `{"additionalEmails":`+c.want+`}`, string(r.Body))
	}
}
