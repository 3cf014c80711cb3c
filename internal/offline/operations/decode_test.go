package operations

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dixa-mcp/internal/offline/seed"
)

// No body makes an operation do anything but accept or refuse it.
func FuzzDecode(f *testing.F) {
	f.Add(`{"query":{"value":"x"},"filters":{"strategy":"All","conditions":[{"field":{"_type":"AgentId","operator":{"_type":"IsEmpty"}}}]}}`)
	f.Add(`{"_type":"Email","message":{"_type":"Inbound","content":{"_type":"Text","value":null}}}`)
	f.Add(`[{"id":"x","additionalEmails":[1]}]`)
	f.Add(`{"id":"csat","timezone":"UTC","csidFilter":[1234]}`)
	f.Add(`{"name":"x","url":"https://example.com","authorization":{"_type":"NoAuth"},"customHeaders":{},"filters":{"C":{"_type":"CombinedFilters"}}}`)
	a := New(Options{Make: seed.New, Seed: 1, Anchor: anchor, Now: func() time.Time { return anchor }})
	f.Fuzz(func(t *testing.T, text string) {
		for _, operation := range []string{"POST /v1/search/conversations", "POST /v1/conversations", "POST /v1/conversations/import", "PATCH /v1/agents",
			"POST /v1/analytics/metrics", "POST /v1/webhooks", "POST /v1/queues", "POST /v1/conversations/1234/messages"} {
			method, path, _ := strings.Cut(operation, " ")
			r := httptest.NewRequest(method, path, strings.NewReader(text))
			r.Header.Set("Content-Type", "application/json")
			if answer := a.Answer(r); answer.Status >= 500 {
				t.Errorf("%s: %d %s", operation, answer.Status, answer.Reason)
			}
		}
	})
}
