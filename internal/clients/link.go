package clients

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// Link returns the link that installs the server in a client when it is opened. Only VS Code and Cursor document one.
func Link(c Client, edits []Edit) (address string, ok bool) {
	if len(edits) == 0 {
		return "", false
	}
	switch c.Name {
	case "vscode":
		o := append(Object{{"name", Entry}}, edits[0].Value...)
		if len(edits) > 1 {
			o = append(o, Field{"inputs", []Object{edits[1].Value}})
		}
		return "vscode:mcp/install?" + strings.ReplaceAll(url.QueryEscape(string(o.compact())), "+", "%20"), true
	case "cursor":
		return "cursor://anysphere.cursor-deeplink/mcp/install?name=" + Entry + "&config=" + url.QueryEscape(base64.StdEncoding.EncodeToString(edits[0].Value.compact())), true
	}
	return "", false
}

// MarshalJSON keeps the order of the keys.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{f.Key, f.Value} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	return append(b.Bytes(), '}'), nil
}

// compact returns the object as JSON in one line.
func (o Object) compact() []byte {
	text, _ := json.Marshal(o) // strings, numbers, lists and objects of them always have a form
	return text
}
