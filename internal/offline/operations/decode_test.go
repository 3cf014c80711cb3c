package operations

import (
	"testing"

	"dixa-mcp/internal/offline/analytics"
	"dixa-mcp/internal/offline/search"
)

// No body makes the decoder do anything but accept or refuse it.
func FuzzDecode(f *testing.F) {
	f.Add(`{"query":{"value":"x"},"filters":{"strategy":"All","conditions":[{"field":{"_type":"AgentId","operator":{"_type":"IsEmpty"}}}]}}`)
	f.Add(`{"_type":"Email","message":{"_type":"Inbound","content":{"_type":"Text","value":null}}}`)
	f.Add(`[{"id":"x","additionalEmails":[1]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range []any{new(search.Question), new(conversationIn), new(importIn), new([]patchAgentsIn), new(map[string]any), new(analytics.MetricQuestion)} {
			_ = bodies.Read([]byte(text), v)
		}
	})
}
