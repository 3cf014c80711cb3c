package tools

import (
	"encoding/json"
	"fmt"
	"maps"

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

// Answers reports whether the call is a reply to one message, of which the conversation itself says whether it was sent.
func (a *Arguments) Answers() bool {
	in, ok := a.In.(*ReplyIn)
	return ok && in.Answers != ""
}

// Repeat returns the arguments of a write without [RepeatArgument], by which two calls are the same, and whether it insists. Of
// a reply to one message only that counts.
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
	if all[answersArgument] != nil { // whatever it says: a message is answered once
		maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return name != answersArgument && name != "conversationId" })
	}
	rest, err = json.Marshal(all) // in alphabetical order
	return rest, again, err
}
