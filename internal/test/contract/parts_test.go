package contract

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The parts of a request's body, and those of one body, are said in the same words.
func TestParts(t *testing.T) {
	parts := map[string][]string{}
	for _, op := range Load(t).Operations() {
		parts[op.String()] = op.Parts()
	}
	for _, c := range []struct {
		operation, body string
		want            []string
	}{
		{"POST /v1/search/conversations", `{"filters":{"strategy":"All","conditions":[{"field":{"_type":"TagId","operator":{"_type":"IsEmpty"}}}]}}`,
			[]string{".filters", ".filters.conditions", ".filters.conditions.field", ".filters.conditions.field<TagId>",
				".filters.conditions.field<TagId>.operator", ".filters.conditions.field<TagId>.operator<IsEmpty>", ".filters.strategy"}},
		{"PATCH /v1/endusers/{userId}/custom-attributes", `{"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11":["a"]}`, []string{".*"}},
		{"PATCH /v1/agents", `[{"displayName":"A"},{"id":"x"}]`, []string{".displayName", ".id"}},
	} {
		got, err := PartsIn([]byte(c.body), parts[c.operation])
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.Subset(t, parts[c.operation], got)
	}
	require.Empty(t, parts["GET /v1/organization"])
	_, err := PartsIn([]byte("{"), nil)
	require.Error(t, err)
}
