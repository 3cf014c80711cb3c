package serve

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

var repeating = map[string]bool{
	`{}`:            false,
	`{"a":1,"a":2}`: true, `{"a":1,"A":2}`: true, `{"a":"a","b":"a"}`: false,
	`{"params":{"x":1,"x":2}}`: true, `{"params":{"arguments":{"x":1,"x":2}}}`: false,
	`{"params":{"_meta":{"x":1,"x":2}}}`: true, `{"para\u006ds":1,"params":2}`: true, `{"param\u017f":1,"params":2}`: true,
	`{"params":[{"x":1},{"x":1,"x":1}],"z":{"params":1}}`: false, `{"params":{"_meta":{"q":"}{\"","q2":[1,{"a":1,"a":1}]},"_meta":1}}`: true,
	`{"a" : {"params":{"x":1,"x":2}} , "b":1}`: false, `{"a":["params",{"x":1,"x":1}]}`: false,
	`{"x":"\\","x":1}`: true, `{"params":[{"_meta":{"x":1,"x":2}}]}`: false,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"B":1}`: true,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"J":1}`: true,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1}`: false,
}

func TestReadMessageRefusesRepeatedNames(t *testing.T) {
	for message, want := range repeating {
		_, refused := readMessage([]byte(message))
		require.Equal(t, want, refused != nil, message)
	}
}

func TestReadMessageRefuses(t *testing.T) {
	for message, want := range map[string]int{
		``: mcp.PARSE_ERROR, `{`: mcp.PARSE_ERROR, `{"a":1}{`: mcp.PARSE_ERROR,
		`7`: mcp.INVALID_REQUEST, ` "x"`: mcp.INVALID_REQUEST, `[]`: mcp.INVALID_REQUEST, `[{"id":1}]`: mcp.INVALID_REQUEST, `null`: mcp.INVALID_REQUEST,
		`{"id":{}}`: mcp.INVALID_REQUEST, `{"id":[1]}`: mcp.INVALID_REQUEST, `{"id":true}`: mcp.INVALID_REQUEST, `{"method":5}`: mcp.INVALID_REQUEST,
	} {
		_, refused := readMessage([]byte(message))
		require.NotNil(t, refused, message)
		require.Equal(t, want, refused.Error.Code, message)
	}
}

func TestReadMessage(t *testing.T) {
	m, refused := readMessage([]byte("\n{\"jsonrpc\":\"2.0\", \"ID\" : 12345678901234567890 ,\"m\\u0065thod\":\"tools/call\"," +
		`"params":{"name":"a\"b","arguments": {"x":[1,"}"]} ,"requestId":"7","_meta":{"progressToken":1e3,` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","traceparent":"p","tracestate":"s"}}}` + "\r\n"))
	require.Nil(t, refused)
	require.Equal(t, "12345678901234567890", string(m.ID))
	require.Equal(t, "tools/call", m.Method)
	require.Equal(t, `a"b`, m.name)
	require.Equal(t, `{"x":[1,"}"]}`, string(m.arguments))
	require.Equal(t, `"7"`, string(m.requestID))
	require.Equal(t, "1e3", string(m.progressToken))
	require.Equal(t, []string{"2026-07-28", "p", "s"}, []string{m.version, m.traceParent, m.traceState})
	require.Contains(t, string(m.withoutArguments()), `"arguments": {} ,"requestId"`)
	require.True(t, m.isRequest())
	require.False(t, m.isResponse())

	m, refused = readMessage([]byte(`{"id":null,"method":null,"result":null,"params":[{"name":"x"}]}`))
	require.Nil(t, refused)
	require.True(t, m.isResponse())
	require.Nil(t, m.arguments)
	require.Empty(t, m.name)
}

// A message is read as encoding/json reads it, and what the library gets has the same content but for the arguments.
func FuzzReadMessage(f *testing.F) {
	for message := range repeating {
		f.Add(message)
	}
	f.Add(`{"jsonrpc":"2.0","id":"ſ\ud800","method":"tools/call","params":{"name":"get_tag","arguments":{"a":1e400},"_meta":{"progressToken":"x"}}}`)
	twice := func(object json.RawMessage) bool {
		d := json.NewDecoder(strings.NewReader(string(object)))
		if open, _ := d.Token(); open != json.Delim('{') {
			return false
		}
		var seen []string
		for d.More() {
			name, _ := d.Token()
			var value json.RawMessage
			_ = d.Decode(&value)
			for _, s := range seen {
				if strings.EqualFold(s, name.(string)) {
					return true
				}
			}
			seen = append(seen, name.(string))
		}
		return false
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, refused := readMessage([]byte(text))
		var m struct {
			ID, Result, Error, Params json.RawMessage
			Method                    string
		}
		var p struct {
			Arguments, RequestID json.RawMessage
			Meta                 json.RawMessage `json:"_meta"`
		}
		var meta struct{ ProgressToken json.RawMessage }
		if !json.Valid([]byte(text)) {
			require.Equal(t, mcp.PARSE_ERROR, refused.Error.Code)
			return
		}
		err := json.Unmarshal([]byte(text), &m)
		_ = json.Unmarshal(m.Params, &p) // not an object: it has no members
		_ = json.Unmarshal(p.Meta, &meta)
		if err != nil || m.Method == "" && !strings.HasPrefix(strings.TrimSpace(text), "{") || !isID(m.ID) ||
			twice(json.RawMessage(text)) || twice(m.Params) || twice(p.Meta) {
			require.NotNil(t, refused, text)
			return
		}
		require.Nil(t, refused, text)
		require.Equal(t, []string{string(m.ID), m.Method, string(m.Result), string(m.Error), string(m.Params)},
			[]string{string(got.ID), got.Method, string(got.Result), string(got.Error), string(got.Params)})
		require.Equal(t, []string{string(p.Arguments), string(p.RequestID), string(meta.ProgressToken)},
			[]string{string(got.arguments), string(got.requestID), string(got.progressToken)})
		if got.arguments != nil {
			var q struct {
				Params struct{ Arguments json.RawMessage }
			}
			require.NoError(t, json.Unmarshal(got.withoutArguments(), &q), text)
			require.JSONEq(t, "{}", string(q.Params.Arguments))
		}
	})
}
