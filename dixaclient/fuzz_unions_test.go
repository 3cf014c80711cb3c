package dixaclient_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// Whatever arguments an operation is given: it makes a request of them that stays on its path and has a JSON body, or
// says what is wrong. Operations with unions, lists and free maps are the point, but the law is for all.
func FuzzRequestOfEveryOperation(f *testing.F) {
	operations := dixaclient.Operations()
	for i, op := range operations {
		f.Add(uint(i), `{}`)
		switch op.Name {
		case "search_conversations":
			f.Add(uint(i), `{"query":"x","status":["open"],"conditions":[{"field":"Duration","operator":"Between","min":0,"max":5}]}`)
		case "create_conversation":
			f.Add(uint(i), `{"channel":"Email","direction":"Outbound","requesterId":"a","emailIntegrationId":"x@y","subject":"s","text":"t","agentId":"b"}`)
		case "create_webhook":
			f.Add(uint(i), `{"name":"n","url":"https://example.com","events":["ConversationCreated"],"customHeaders":[{"name":"a","value":"b"}]}`)
		case "query_metric":
			f.Add(uint(i), `{"id":"csat","timezone":"UTC","preset":"Today","filters":[{"attribute":"channel","values":["EMAIL"]}]}`)
		case "set_conversation_attributes":
			f.Add(uint(i), `{"conversationId":1,"attributes":[{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","values":["a"]}]}`)
		case "upload_article_images":
			f.Add(uint(i), `{"images":[{"filename":"a.png","base64":"iVBORw0KGgo="}]}`)
		}
	}
	f.Fuzz(func(t *testing.T, n uint, arguments string) {
		op := operations[n%uint(len(operations))]
		in := reflect.New(op.In()).Interface()
		if json.Unmarshal([]byte(arguments), in) != nil {
			return
		}
		r, err := op.Request(in)
		if err != nil {
			require.ErrorAs(t, err, new(*dixaclient.InputError), op.Name)
			return
		}
		require.Equal(t, strings.Count(op.Path, "/"), strings.Count(r.Path, "/"), "%s left its path: %s", op.Name, r.Path)
		if r.ContentType == "application/json" {
			require.True(t, json.Valid(r.Body), "%s: %s", op.Name, r.Body)
		}
	})
}
