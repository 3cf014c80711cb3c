package dixaclient

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"dixa-mcp/internal/base/safetext"
)

// receive keeps an answer's bytes and finds the key of the next page. Of the content it looks only at the outline: a
// list or {"data": …, "meta": …}, with all brackets closed. [Call.Decode] reads the rest for those who want it.
func (call *Call) receive(contentType string, body []byte) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	members, err := outline(body)
	list := reflect.TypeOf(call.Out).Elem().Kind() == reflect.Slice
	if err != nil || !(body[0] == '[' && list) && !(body[0] == '{' && !call.Op.Bare) && !(body[0] == '{' && !list) {
		return fmt.Errorf("its body is not JSON of the documented form (its type is %s)", cmp.Or(safetext.Brief(contentType, briefType), "not given"))
	}
	call.Raw = body
	var meta struct{ Next string }
	var key string // what Dixa's own MCP server looks for in analytics
	_ = json.Unmarshal(members["meta"], &meta)
	_ = json.Unmarshal(members["pageKey"], &key)
	call.Next = cmp.Or(pageKey(meta.Next), key)
	return nil
}

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
	err := json.Unmarshal(call.Raw, target)
	if err == nil || errors.As(err, new(*json.UnmarshalTypeError)) {
		return nil
	}
	return &Error{Op: call.Op, Status: call.Status, Attempts: call.Attempts, Effect: Unknown, Err: errors.New("its body is not JSON")}
}

var errOutline = errors.New("not the outline of one JSON value")

// outline finds the members of an object, or nothing in a list. It follows strings and brackets only, which is several
// times as fast as reading all of a large answer.
func outline(body []byte) (map[string][]byte, error) {
	end, err := skip(body, 0)
	if err != nil || end != len(body) {
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
		name, err := skip(body, i)
		colon := blank(body, name)
		if err != nil || body[colon] != ':' {
			return nil, errOutline
		}
		from := blank(body, colon+1)
		to, err := skip(body, from)
		if err != nil {
			return nil, err
		}
		members[string(body[i+1:name-1])] = body[from:to]
		if i = blank(body, to); body[i] == ',' {
			i = blank(body, i+1)
		} else if body[i] != '}' {
			return nil, errOutline
		}
	}
	return members, nil
}

// blank gives the index of the next byte that is no white space; the value around it is closed, so there is one.
func blank(b []byte, i int) int {
	for i < len(b)-1 && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return min(i, len(b)-1)
}

// skip gives the index behind the value that begins at i.
func skip(b []byte, i int) (int, error) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			end, err := closing(b, i+1)
			if err != nil {
				return 0, err
			}
			i = end
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return 0, errOutline
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			i++
		default: // a number or a word
			for i < len(b) && !bytes.ContainsRune([]byte(",:]} \n\r\t"), rune(b[i])) {
				i++
			}
		}
		if depth == 0 {
			return i, nil
		}
	}
	return 0, errOutline
}

// closing gives the index behind the string whose content begins at i.
func closing(b []byte, i int) (int, error) {
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0, errOutline
		}
		end := i + n
		escapes := 0
		for k := end - 1; k >= i && b[k] == '\\'; k-- {
			escapes++
		}
		i = end + 1
		if escapes%2 == 0 {
			return i, nil
		}
	}
}
