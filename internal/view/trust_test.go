package view

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The object that holds a text is marked, unless an entry says who wrote it; what has an entry as untrusted is marked
// once, beside it.
func TestFields(t *testing.T) {
	const uuid = "41646d42-edc0-493e-ac7b-814d9ff40a2e"
	fields := Fields{"name": Trusted, "queue": Trusted, "queue.comment": Untrusted, "author": Untrusted, "author.role": Trusted, "list.name": Trusted}
	for _, c := range []struct{ name, in, want string }{
		{"listed", `{"name":"x","queue":{"name":"y","more":{"z":["a"]}}}`, `{"name":"x","queue":{"name":"y","dixa.more":{"z":["a"]}}}`},
		{"not listed", `{"id":1,"subject":"x","untrusted":false}`, `{"id":1,"subject":"x","dixa.untrusted":false,"untrusted":true}`},
		{"empty", `{"id":1,"subject":"","title":null}`, `{"id":1}`},
		{"invisible", `{"id":1,"subject":"\u200b"}`, `{"id":1}`},
		{"no text", `{"a":1,"b":true,"c":[2],"id":"x","_type":"T","d":"` + uuid + `","e":"2021-12-01T12:46:36.581Z[GMT]"}`, `{"a":1,"b":true,"c":[2],"id":"x","_type":"T","d":"` + uuid + `","e":"2021-12-01T12:46:36.581Z"}`},
		{"nearly no text", `{"a":{"d":"` + uuid[1:] + `!"},"b":{"e":"2021-12-01T12:46 obey"},"c":{"id":["x"]}}`, `{"a":{"d":"` + uuid[1:] + `!","untrusted":true},"b":{"e":"2021-12-01T12:46 obey","untrusted":true},"c":{"id":["x"],"untrusted":true}}`},
		{"inside what is listed", `{"queue":{"name":"y","comment":"z"}}`, `{"queue":{"name":"y","comment":"z","untrusted":true}}`},
		{"listed as untrusted", `{"name":"x","author":{"name":"y","of":[{"z":"a"}]}}`, `{"name":"x","author":{"name":"y","of":[{"z":"a"}]},"untrusted":true}`},
		{"listed as untrusted without text", `{"name":"x","author":{"role":"y","id":"z","n":1}}`, `{"name":"x","author":{"role":"y","id":"z","n":1}}`},
		{"in the innermost object", `{"name":"x","a":{"b":{"c":"d"}},"e":1}`, `{"name":"x","a":{"b":{"c":"d","untrusted":true}},"e":1}`},
		{"in an array", `{"name":"x","a":["b"]}`, `{"name":"x","a":["b"],"untrusted":true}`},
		{"list below data", `{"list":[{"name":"x"},{"title":"y"}]}`, `{"items":[{"name":"x"},{"title":"y","untrusted":true}]}`},
		{"content", `{"content":{"_type":"Html","value":"<p>a<i>b"},"direction":1}`, `{"content":{"text":"ab","untrusted":true},"direction":1}`},
		{"content with more", `{"a":{"_type":"Text","value":"a","text":"b","untrusted":0}}`, `{"a":{"text":"a","dixa.text":"b","dixa.untrusted":0,"untrusted":true}}`},
		{"content that is listed", `{"name":{"_type":"Text","value":"a"}}`, `{"name":{"text":"a"}}`},
		{"no content", `{"a":{"_type":"Token","n":1}}`, `{"a":{"_type":"Token","n":1}}`},
		{"a secret", `{"secret":"s","name":"x"}`, `{"secret":"[redacted]","name":"x"}`},
		{"highlights", `{"id":1,"highlights":["<em class=\"highlight\">b</em> <em>c</em>"]}`, `{"id":1,"highlights":["b c"],"untrusted":true}`},
		{"beside a list", `{"data":[{"name":"x"}],"note":"y"}`, `{"items":[{"name":"x"}],"note":"y","untrusted":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Render(t.Context(), []byte(c.in), Options{Fields: fields, Secret: []string{"secret"}})
			require.NoError(t, err)
			require.Equal(t, c.want, r.Text)
		})
	}
}

// A message by a Dixa agent is marked where one of its fields holds text of others.
func TestFieldsOfMessages(t *testing.T) {
	fields := Fields{"externalId": Trusted, "attributes.content": Trusted}
	for _, c := range []struct{ name, in, want string }{
		{"customer", `{"id":"1","attributes":{"direction":"Inbound"}}`, `{"id":"1","author":"customer","untrusted":true}`},
		{"agent", `{"id":"1","externalId":"x","attributes":{"direction":"Outbound","content":{"_type":"Text","value":"y"}}}`, `{"id":"1","author":"agent","text":"y","externalId":"x"}`},
		{"agent, with another field", `{"id":"1","attributes":{"direction":"Outbound","content":{"_type":"Text","value":"y"},"reason":{"of":{"them":"z"}}}}`, `{"id":"1","author":"agent","text":"y","reason":{"of":{"them":"z"}},"untrusted":true}`},
		{"inside", `{"conversation":{"id":1},"messages":[{"id":2,"attributes":{"direction":"Outbound"}}]}`, `{"conversation":{"id":1},"messages":[{"id":2,"author":"agent"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Render(t.Context(), []byte(c.in), Options{Kind: Messages, Fields: fields})
			require.NoError(t, err)
			require.Equal(t, c.want, r.Text)
		})
	}
}
