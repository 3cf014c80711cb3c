package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type signed struct {
	Words string `json:"words,omitzero" jsonschema_description:"such as refund"`
	ID    int64  `json:"conversationId"`
	Parts []struct {
		Name string         `json:"name"`
		Free map[string]any `json:"free,omitzero"`
	} `json:"parts"`
	Open bool `json:"open,omitzero"`
}

// A signature has the required properties first, and everything that a call needs.
func TestSignature(t *testing.T) {
	s := Of[signed]()
	require.Equal(t, "conversationId: integer, parts: [{name: string, free?: object}], words?: string (such as refund), open?: boolean", s.Signature())
	require.Equal(t, `conversationId: integer, parts: [{name: string, free?: object}], words?: a b|"c|d"|"e\"" (such as refund), open?: boolean`,
		s.WithEnum("words", []string{"a b", "c|d", `e"`}).Signature())
	require.Empty(t, Of[struct{}]().Signature())
}
