package tools

import (
	"encoding/json"
	"fmt"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
)

// RepeatArgument is the argument of every tool that writes with which its caller insists on a call that was made a moment ago.
// It is this program's own: no request has it.
const RepeatArgument = "again"

// addRepeat gives a tool that writes the argument [RepeatArgument].
func (t *Tool) addRepeat() {
	if t.Level == dixaclient.Read || t.Name == undoName { // which takes back another call each time
		return
	}
	args := t.args
	t.args = func() *schemas.Schema {
		return args().With(schemas.Property{Name: RepeatArgument, Type: "boolean"})
	}
}

// Repeat returns the arguments of a write without [RepeatArgument], by which two calls are the same, and whether it insists.
func (a *Arguments) Repeat() (rest json.RawMessage, again bool, err error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(a.JSON, &all); err != nil {
		return nil, false, fmt.Errorf("arguments: %w", err)
	}
	if given := all[RepeatArgument]; given != nil {
		if err := json.Unmarshal(given, &again); err != nil {
			return nil, false, fmt.Errorf("%s: %w", RepeatArgument, err)
		}
		delete(all, RepeatArgument)
	}
	rest, err = json.Marshal(all) // in alphabetical order
	return rest, again, err
}
