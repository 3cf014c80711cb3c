package gate

import (
	"encoding/json"
	"fmt"

	"dixa-mcp/internal/view"
)

// againMost is how many tokens the exact call for the rest of an answer may have.
const againMost = 300

// again names the call that reads on at an item and a place in it: the tool, and the agent's own arguments with what
// changes.
func (c *call) again(skip, offset int) string {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(c.request.Arguments, &given) // they were read before; without any, the map is made below
	if given == nil {
		given = map[string]json.RawMessage{}
	}
	words := "call again with the same arguments"
	for name, value := range map[string]int{"skip": skip, "offset": offset} {
		if value == 0 {
			delete(given, name)
			continue
		}
		given[name] = fmt.Append(nil, value)
	}
	arguments, err := json.Marshal(given)
	if text := c.tool.Name + " " + string(arguments); err == nil && view.EstimateTokens(text) <= againMost {
		return text
	}
	return fmt.Sprintf("%s, skip=%d and offset=%d", words, skip, offset)
}
