package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// badExamples are the examples that contradict the contract, by operation, status (0 for a request) and name, with
// the reason.
var badExamples = map[string]string{
	"GET /v1/conversations/{conversationId}/messages 200 Phone message example":                                            "PhoneAttributes.to is a number there, a string in the schema (behaviour 12.9)",
	"POST /v1/conversations/{conversationId}/notes 0 Input with createdAt":                                                 zonedRequest,
	"POST /v1/conversations/{conversationId}/notes/bulk 0 Input with two internal notes created for the same conversation": zonedRequest,
}

const zonedRequest = "createdAt has Dixa's own suffix [GMT], which a request should not copy (behaviour 10)"

// TestExamples holds every example of the documents against the patched contract: an example that fails is either
// known to be wrong, or the patches are.
func TestExamples(t *testing.T) {
	c := Load(t)
	met := map[string]bool{}
	for _, e := range c.Examples() {
		key := exampleKey(e)
		reason, bad := badExamples[key]
		err := checkExample(c, e)
		if !bad {
			require.NoError(t, err, "%s\n%s", key, e.Body)
			continue
		}
		met[key] = true
		require.Error(t, err, "%s is no longer bad: %s", key, reason)
	}
	for key := range badExamples {
		require.True(t, met[key], "no example %s", key)
	}
}

func exampleKey(e Example) string {
	key := fmt.Sprintf("%s %d", e.Operation, e.Status)
	if e.Name != "" {
		key += " " + e.Name
	}
	return key
}

func checkExample(c *Contract, e Example) error {
	r := requestFor(e.Operation, e.Body)
	if e.Status == 0 {
		return c.CheckRequest(r, e.Body)
	}
	return c.CheckAnswer(r, e.Status, http.Header{"Content-Type": {"application/json"}}, e.Body)
}

// requestFor makes a request with fitting path variables and required parameters.
func requestFor(o Operation, body []byte) *http.Request {
	r := httptest.NewRequest(o.Method, exampleURL(o), bytes.NewReader(body))
	if o.Body != "" {
		r.Header.Set("Content-Type", o.Body)
	}
	return r
}
