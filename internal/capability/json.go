package capability

import (
	"encoding/json"

	"dixa-mcp/internal/base/plainjson"
)

// The functions here take and give JSON that a schema has checked; it cannot be invalid.

// members returns the properties of an object.
func members(v json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(v, &m)
	return m
}

// items returns the items of an array.
func items(v json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	_ = json.Unmarshal(v, &list)
	return list
}

func object(m map[string]json.RawMessage) json.RawMessage { return encode(m) }

func array(list []json.RawMessage) json.RawMessage { return encode(list) }

// encode writes JSON without HTML escaping, with which a long text could grow beyond what a call may have.
func encode(v any) json.RawMessage {
	text, _ := plainjson.Marshal(v)
	return text
}
