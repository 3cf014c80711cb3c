package gate

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWithout takes a property out in every form in which encoding/json would read it.
func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		`{"link":{"parentId":3},"id":1}`:     `{"id":1}`,
		`{"id":1 , "li\u006ek" : 3}`:         `{"id":1}`,
		`{"Link":3,"id":"link","LINK":[{}]}`: `{"id":"link"}`,
		`{"a\"b":1,"links":2}`:               `{"a\"b":1,"links":2}`,
		`{"link":1}`:                         `{}`,
		`{ }`:                                `{}`,
	} {
		require.Equal(t, want, string(without(json.RawMessage(text), "link")))
	}
}
