package view

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The transcript of a call says who speaks, and all that was heard is marked: it may be attributed wrongly.
func TestTranscriptsHaveAuthors(t *testing.T) {
	say := func(author, text string) string {
		return `{"authorId":"` + author + `","attributes":{"_type":"TranscriptAttributes","content":{"_type":"Text","value":"` + text + `"}}}`
	}
	call := func(direction string) string {
		return `{"authorId":"caller","attributes":{"_type":"PhoneAttributes","direction":"` + direction + `"}}`
	}
	for _, c := range []struct{ name, body, want string }{
		{"they called", call("Inbound") + "," + say("caller", "hello") + "," + say("other", "hi"),
			`{"items":[{"author":"customer","authorId":"caller","type":"Phone","untrusted":true},{"author":"customer","authorId":"caller","type":"Transcript","text":"hello","untrusted":true},{"author":"agent","authorId":"other","type":"Transcript","text":"hi","untrusted":true}]}`},
		{"we called", call("Outbound") + "," + say("caller", "hello") + "," + say("other", "hi"),
			`{"items":[{"author":"agent","authorId":"caller","type":"Phone"},{"author":"agent","authorId":"caller","type":"Transcript","text":"hello","untrusted":true},{"author":"customer","authorId":"other","type":"Transcript","text":"hi","untrusted":true}]}`},
		{"nobody knows", say("a", "hello"),
			`{"items":[{"author":"unknown","authorId":"a","type":"Transcript","text":"hello","untrusted":true}]}`},
		{"beta says it", `{"authorId":"a","attributes":{"_type":"TranscriptAttributes","direction":"Outbound","content":{"_type":"Text","value":"hi"}}}`,
			`{"items":[{"author":"agent","authorId":"a","type":"Transcript","text":"hi","untrusted":true}]}`},
	} {
		r, err := Render(t.Context(), []byte(`{"data":[`+c.body+`]}`), Options{Kind: Messages, Fields: ofMessages})
		require.NoError(t, err)
		require.Equal(t, c.want, r.Text, c.name)
	}
}
