package tools

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// single lets a caller of list_messages ask for one of them.
func single(t *Tool) { t.one = true }

// place reads the arguments that say where an answer goes on, and gives those that are Dixa's. A page key of a page that
// was cut becomes Dixa's key, with the limit that the page had.
func (a *Arguments) place(t *Tool, canonical json.RawMessage) (json.RawMessage, error) {
	if t.Level > dixaclient.Read {
		return canonical, nil
	}
	var own struct {
		Skip, Offset, PageLimit int
		PageKey, MessageID      string
	}
	if err := json.Unmarshal(canonical, &own); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", t.Name, err)
	}
	for name, n := range map[string]int{"skip": own.Skip, "offset": own.Offset} {
		if n < 0 {
			return nil, &schemas.Error{Problems: []schemas.Problem{{Field: name, Got: fmt.Sprint(n), Want: "0 or more"}}}
		}
	}
	if t.one {
		a.MessageID = own.MessageID
	}
	if !t.View.PageLimit {
		a.Skip, a.Offset = own.Skip, own.Offset
		return canonical, nil
	}
	a.PageKey, a.Limit = own.PageKey, own.PageLimit
	skip, limit, offset, key, cut := view.ParseCutKey(own.PageKey)
	if !cut {
		return canonical, nil
	}
	a.Skip, a.Offset, a.PageKey, a.Limit = skip, offset, key, limit
	var all map[string]json.RawMessage
	if err := json.Unmarshal(canonical, &all); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", t.Name, err)
	}
	set := func(name string, value any, given bool) {
		delete(all, name)
		if given {
			all[name], _ = json.Marshal(value) // strings and numbers always marshal
		}
	}
	set("pageKey", key, key != "")
	set("pageLimit", limit, limit > 0)
	return json.Marshal(all)
}

// oneMessage gives the message of that id, or with that number such as #3, from an answer with a conversation's messages.
func oneMessage(body []byte, id string) ([]byte, error) {
	var answer struct{ Data []json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("list_messages: Dixa's answer cannot be read: %w", err)
	}
	if number, isNumber := strings.CutPrefix(strings.TrimSpace(id), "#"); isNumber {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(answer.Data) {
			return nil, &dixaclient.InputError{Operation: "list_messages", Field: "messageId", Problem: fmt.Sprintf("must be a message's id, or # and a number: this conversation has %d messages", len(answer.Data))}
		}
		return answer.Data[n-1], nil
	}
	for _, raw := range answer.Data {
		var message struct{ ID string }
		if json.Unmarshal(raw, &message) == nil && strings.EqualFold(message.ID, id) {
			return raw, nil
		}
	}
	return nil, &dixaclient.InputError{Operation: "list_messages", Field: "messageId", Problem: "names no message of this conversation; call again without it for their ids"}
}
