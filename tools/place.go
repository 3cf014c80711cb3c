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

// place reads the arguments that say where an answer goes on, and leaves those that are Dixa's. A page key of a page that
// was cut becomes Dixa's key, with the limit that the page had.
func (a *Arguments) place(t *Tool) error {
	if t.Level > dixaclient.Read {
		return nil
	}
	own := func(name string) schemas.Value { return a.Values.Get(name) }
	for _, name := range []string{"skip", "offset"} {
		if n := own(name).Int(); n < 0 {
			return &schemas.Error{Problems: []schemas.Problem{{Field: name, Got: fmt.Sprint(n), Want: "0 or more"}}}
		}
	}
	if t.one {
		a.MessageID = own("messageId").Text()
	}
	if !t.View.PageLimit {
		a.Skip, a.Offset = own("skip").Int(), own("offset").Int()
		return nil
	}
	a.PageKey, a.Limit = own("pageKey").Text(), own("pageLimit").Int()
	skip, limit, offset, key, cut := view.ParseCutKey(a.PageKey)
	if !cut {
		return nil
	}
	a.Skip, a.Offset, a.PageKey, a.Limit = skip, offset, key, limit
	a.Values = a.Values.Without("pageKey", "pageLimit")
	if key != "" {
		text, _ := json.Marshal(key) // strings always marshal
		a.Values = append(a.Values, schemas.Value{Name: "pageKey", JSON: text, Is: key})
	}
	if limit > 0 {
		text := strconv.Itoa(limit)
		a.Values = append(a.Values, schemas.Value{Name: "pageLimit", JSON: []byte(text), Is: json.Number(text)})
	}
	a.JSON = a.Values.JSON()
	return nil
}

// oneMessage gives the message of that id, or with that number such as #3, from an answer with a conversation's messages.
func oneMessage(body []byte, id string) ([]byte, error) {
	var answer struct{ Data []json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("list_messages: Dixa's answer cannot be read: %w", err)
	}
	number, isNumber := strings.CutPrefix(strings.TrimSpace(id), "#")
	n, err := strconv.Atoi(number)
	if isNumber || err == nil {
		if err != nil || n < 1 || n > len(answer.Data) {
			return nil, &dixaclient.InputError{Operation: "list_messages", Field: "messageId", Problem: "must be a message's id, or # and a number: " + numbered(len(answer.Data))}
		}
		return answer.Data[n-1], nil
	}
	for _, raw := range answer.Data {
		var message struct{ ID string }
		if json.Unmarshal(raw, &message) == nil && strings.EqualFold(message.ID, id) {
			return raw, nil
		}
	}
	return nil, &dixaclient.InputError{Operation: "list_messages", Field: "messageId", Problem: "names no message of this conversation; give # and its number: " + numbered(len(answer.Data))}
}
