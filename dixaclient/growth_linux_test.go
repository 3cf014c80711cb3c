package dixaclient

import (
	"strings"
	"testing"

	"dixa-mcp/internal/test/growth"
)

// What a gateway sends in place of an answer is read for the token in work that grows with its length.
func TestRedactCostsLinearly(t *testing.T) {
	r := newRedactor(echoed)
	for _, text := range []string{`\`, "%25", "&amp;", "&#", "e", echoed[:20], `e\`, "\\u0065"} {
		t.Run(text, func(t *testing.T) {
			growth.Linear(t, 1<<14, func(n int) func() {
				body := []byte(strings.Repeat(text, n/len(text)))
				return func() { r.redact(body) }
			})
		})
	}
}
