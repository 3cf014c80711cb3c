package tools

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

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
func (a *Arguments) Repeat() (rest json.RawMessage, again bool) {
	again, _ = a.Values.Get(RepeatArgument).Is.(bool)
	same := a.Values.Without(RepeatArgument)
	if same.Given(answersArgument) { // whatever it says: a message is answered once
		same = slices.DeleteFunc(same, func(v schemas.Value) bool { return v.Name != answersArgument && v.Name != "conversationId" })
	}
	slices.SortFunc(same, func(a, b schemas.Value) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	json.HTMLEscape(&b, same.JSON()) // as [json.Marshal] writes it: journals have digests of this
	return b.Bytes(), again
}
