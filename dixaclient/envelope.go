package dixaclient

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/base/safetext"
)

// receive keeps an answer's bytes and finds the key of the next page. Of the content it looks only at the outline: a
// list or {"data": …, "meta": …}, with all brackets closed. [Call.Decode] reads the rest for those who want it.
func (call *Call) receive(contentType string, body []byte) error {
	call.forget()
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	members, err := outline(body)
	list := call.lists()
	if err != nil || !(body[0] == '[' && list) && !(body[0] == '{' && !call.Op.Bare) && !(body[0] == '{' && !list) {
		return fmt.Errorf("its body is not JSON of the documented form (its type is %s)", cmp.Or(safetext.Brief(contentType, briefType), "not given"))
	}
	call.Raw = body
	call.Next = nextKey(members)
	return nil
}

// nextKey returns the key of the next page, "" for none.
func nextKey(members map[string][]byte) string {
	var meta struct{ Next string }
	if raw, ok := members["meta"]; ok {
		_ = json.Unmarshal(raw, &meta)
	}
	var key string
	if raw, ok := members["pageKey"]; ok { // what Dixa's own MCP server looks for in analytics
		_ = json.Unmarshal(raw, &key)
	}
	return cmp.Or(pageKey(meta.Next), key)
}

// forget drops the answer before, of another page or attempt: nothing of it may pass for a part of this one.
func (call *Call) forget() {
	call.Raw, call.Next, call.decoded = nil, "", false
	reflect.ValueOf(call.Out).Elem().SetZero()
}

// lists tells whether the answer is documented as a list.
func (call *Call) lists() bool { return reflect.TypeOf(call.Out).Elem().Kind() == reflect.Slice }

// Decode fills Out from the answer's bytes. A field of another type than documented costs that field, not the answer.
func (call *Call) Decode() error {
	if len(call.Raw) == 0 || call.decoded {
		return nil
	}
	call.decoded = true
	var target any = call.Out
	if call.Raw[0] == '{' && !call.Op.Bare {
		target = &struct{ Data any }{call.Out}
	}
	if err := Unmarshal(call.Raw, target); err != nil {
		return call.unreadable(err)
	}
	return nil
}

// unreadable returns the error for an answer whose content cannot be read.
func (call *Call) unreadable(err error) error {
	if !errors.Is(err, errTooMany) {
		err = errors.New("its body is not JSON")
	}
	return &Error{Op: call.Op, Status: call.Status, RequestID: call.RequestID, Attempts: call.Attempts, Effect: Unknown, Err: err}
}

// maxValues bounds how many values an answer that is read into Go's types may have: an empty object of two bytes becomes
// a struct of several hundred. The largest pages of Dixa have a tenth of that.
const maxValues = 200_000

var errTooMany = fmt.Errorf("the answer has more than %d values", maxValues)

// Unmarshal reads JSON from Dixa into Go's types, within a limit on its values. A field of another type than documented
// costs that field, not the rest.
func Unmarshal(raw []byte, into any) error {
	if bytes.Count(raw, []byte(",")) > maxValues && values(raw) > maxValues {
		return errTooMany
	}
	err := json.Unmarshal(raw, into)
	if err == nil || errors.As(err, new(*json.UnmarshalTypeError)) {
		return nil
	}
	return err
}

// values counts the values in JSON by the commas outside its strings.
func values(raw []byte) int {
	n := 1
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end, ok := jsonscan.Skip(raw, i)
			if !ok {
				return n
			}
			i = end - 1
		case ',':
			n++
		}
	}
	return n
}

// Items hands over the items of an answer that is a list, each as its bytes, without reading them into Go's types. It
// ends at the first error of each, and refuses an answer that is no list or has more items than most.
func (call *Call) Items(most int, each func(item json.RawMessage) error) error {
	list := call.Raw
	if len(list) > 0 && list[0] == '{' {
		members, err := outline(list)
		if err != nil {
			return call.unreadable(err)
		}
		list = members["data"]
	}
	if len(list) == 0 || string(list) == "null" {
		return nil
	}
	if list[0] != '[' {
		return call.unreadable(errOutline)
	}
	for i, n := blank(list, 1), 0; list[i] != ']'; n++ {
		if n == most {
			return &Error{Op: call.Op, Status: call.Status, RequestID: call.RequestID, Attempts: call.Attempts, Err: fmt.Errorf("the answer has more than %d items", most)}
		}
		end, ok := jsonscan.Skip(list, i)
		if !ok || end == i || !json.Valid(list[i:end]) {
			return call.unreadable(errOutline)
		}
		if err := each(list[i:end:end]); err != nil {
			return err
		}
		if i = blank(list, end); list[i] == ',' {
			i = blank(list, i+1)
		} else if list[i] != ']' {
			return call.unreadable(errOutline)
		}
	}
	return nil
}

// Replace puts other items in the place of an answer's list.
func (call *Call) Replace(items []json.RawMessage) (err error) {
	next := call.Next
	call.forget()
	call.Next = next
	call.Raw, err = json.Marshal(struct {
		Data []json.RawMessage `json:"data"`
	}{items})
	return err
}

var errOutline = errors.New("not the outline of one JSON value")

// known are the members of an object that an answer may have around its content.
var known = map[string]bool{"data": true, "meta": true, "pageKey": true}

// outline finds the known members of an object, or nothing in a list. It follows strings and brackets only, which is
// several times as fast as reading all of a large answer.
func outline(body []byte) (map[string][]byte, error) {
	end, ok := jsonscan.Skip(body, 0)
	if !ok || end != len(body) {
		return nil, errOutline
	}
	if body[0] != '{' {
		return nil, nil
	}
	members := map[string][]byte{}
	for i := blank(body, 1); body[i] != '}'; {
		if body[i] != '"' {
			return nil, errOutline
		}
		name, ok := jsonscan.Skip(body, i)
		colon := blank(body, name)
		if !ok || body[colon] != ':' {
			return nil, errOutline
		}
		from := blank(body, colon+1)
		to, ok := jsonscan.Skip(body, from)
		if !ok {
			return nil, errOutline
		}
		if member := string(body[i+1 : name-1]); known[member] {
			members[member] = body[from:to]
		}
		if i = blank(body, to); body[i] == ',' {
			i = blank(body, i+1)
		} else if body[i] != '}' {
			return nil, errOutline
		}
	}
	return members, nil
}

// blank returns the index of the next byte that is no white space; the value around it is closed, so there is one.
func blank(b []byte, i int) int { return min(jsonscan.SkipSpace(b, i), len(b)-1) }
