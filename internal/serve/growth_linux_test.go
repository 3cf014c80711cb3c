package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/growth"
)

// names are n members of an object that are called differently.
func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	return b.String() + `"z":0`
}

// messages are large ones of many forms.
var messages = map[string]func(n int) string{
	"names in the message": func(n int) string { return `{"jsonrpc":"2.0","id":1,"method":"ping",` + names(n) + `}` },
	"names in the params":  func(n int) string { return rpc("1", "tools/list", "{"+names(n)+"}") },
	"names in _meta":       func(n int) string { return rpc("1", "tools/list", `{"_meta":{`+names(n)+`}}`) },
	"names in arguments":   func(n int) string { return call("1", "get_conversation", "{"+names(n)+"}") },
	"names in nested arguments": func(n int) string {
		return call("1", "search_conversations", `{"filters":{"conditions":[{`+names(n)+`}]}}`)
	},
	"names with escapes": func(n int) string {
		return rpc("1", "ping", "{"+strings.ReplaceAll(names(n), `"1`, `"\u0031`)+"}")
	},
	"names in lists":         func(n int) string { return rpc("1", "ping", `{"a":[`+strings.Repeat(`{"a":1,"b":2},`, n)+`0]}`) },
	"an escaped text":        func(n int) string { return rpc("1", "ping", `{"x":"`+strings.Repeat(`\u00e6\\\"`, n)+`"}`) },
	"white space":            func(n int) string { return rpc("1", "ping", `{"x"`+strings.Repeat(" \n", 4*n)+`:1}`) },
	"objects in one another": func(n int) string { return rpc("1", "ping", deep(n/8, `{"a":`, "}")) },
	"lists in one another":   func(n int) string { return rpc("1", "ping", `{"a":`+deep(n/8, "[", "]")+"}") },
	"deep arguments":         func(n int) string { return call("1", "get_conversation", deep(n/8, `{"conversationId":`, "}")) },
	"arguments in texts":     func(n int) string { return call("1", "get_conversation", quoted(n)) },
	"a long id":              func(n int) string { return rpc(`"`+strings.Repeat("x", 8*n)+`"`, "ping", "") },
	"a long number as an id": func(n int) string { return rpc("1"+strings.Repeat("0", n), "ping", "") },
	"a long method":          func(n int) string { return rpc("1", strings.Repeat("x", 8*n), "") },
	"a long tool":            func(n int) string { return call("1", strings.Repeat("get_", 4*n), "{}") },
	"a long token": func(n int) string {
		return rpc("1", "ping", `{"_meta":{"progressToken":"`+strings.Repeat("x", 8*n)+`"}}`)
	},
	"a long number": func(n int) string {
		return call("1", "get_conversation", `{"conversationId":1`+strings.Repeat("0", 4*n)+"}")
	},
	"a long fraction": func(n int) string {
		return call("1", "get_conversation", `{"conversationId":1.`+strings.Repeat("1", 4*n)+"e9}")
	},
	"a long enum": func(n int) string {
		return call("1", "search_conversations", `{"status":"`+strings.Repeat("opn", 4*n)+`"}`)
	},
	"a long state": func(n int) string {
		return rpc("1", "tools/call", `{"name":"get_conversation","arguments":{"conversationId":1234},"requestState":"`+strings.Repeat("eyJ", 4*n)+`"}`)
	},
	"a long key of a page": func(n int) string {
		return call("1", "list_conversation_notes", `{"conversationId":1234,"pageKey":"`+strings.Repeat("eyJ", 4*n)+`"}`)
	},
	"many ids": func(n int) string {
		return call("1", "get_conversation", `{"conversationId":[`+strings.Repeat("1,", 4*n)+"1]}")
	},
	"a long note": func(n int) string {
		return call("1", "add_note", `{"conversationId":1234,"message":"`+strings.Repeat(`a\n`, n)+`"}`)
	},
	"a long address": func(n int) string { return call("1", "list_end_users", `{"email":"`+strings.Repeat("a@", 4*n)+`"}`) },
}

func deep(n int, open, end string) string {
	return strings.Repeat(open, n) + "1" + strings.Repeat(end, n)
}

// quoted are arguments that were written as JSON several times over.
func quoted(n int) string {
	text := `{"conversationId":"` + strings.Repeat("1", n) + `"}`
	for range 5 {
		b, _ := json.Marshal(text)
		text = string(b)
	}
	return text
}

// What a message costs grows as its length does, whatever is in it.
func TestMessagesCostLinearly(t *testing.T) {
	s := build(t, offline.Options{})
	post := func(body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+keyOf("support-key"))
		r.Header.Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		s.http.ServeHTTP(w, r)
		return w
	}
	session := "Mcp-Session-Id: " + post(rpc("0", "initialize", fmt.Sprintf(hello, "{}"))).Header().Get("Mcp-Session-Id")
	for name, message := range messages {
		t.Run(name+", in a session", func(t *testing.T) {
			growth.Linear(t, 6000, func(n int) func() {
				body := message(n)
				return func() { post(body, session) }
			})
		})
		t.Run(name+", since 2026-07-28", func(t *testing.T) {
			growth.Linear(t, 6000, func(n int) func() {
				body := strings.Replace(message(n), `"params":{`, `"params":{"_meta":{`+fmt.Sprintf(modernMeta, "{}")+`},`, 1)
				body = strings.Replace(body, `},}`, `}}`, 1)
				var m struct {
					Method string
					Params struct{ Name string }
				}
				require.NoError(t, json.Unmarshal([]byte(body), &m))
				return func() {
					post(body, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: "+m.Method, "Mcp-Name: "+m.Params.Name)
				}
			})
		})
	}
}

func TestPartsOfMessagesCostLinearly(t *testing.T) {
	parts := map[string]func(text []byte){
		"readMessage": func(text []byte) { _, _ = readMessage(text) },
		"readLines":   func(text []byte) { _ = readLines(bytes.NewReader(text), func([]byte) bool { return true }) },
		"told":        (&legacyProtocol{}).heard,
	}
	for part, work := range parts {
		for name, message := range messages {
			t.Run(part+", "+name, func(t *testing.T) {
				growth.Linear(t, 6000, func(n int) func() {
					text := []byte(message(n))
					return func() { work(text) }
				})
			})
		}
	}
}

// What is in headers and the address costs linearly too. Together they may have 32 KiB.
func TestHeadersCostLinearly(t *testing.T) {
	s := build(t, offline.Options{})
	for _, header := range []string{"Accept", "Authorization", "Origin", "Host", "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Name", "Mcp-Method", "Traceparent", "Content-Type", "address"} {
		for _, unit := range []string{",", "a", "=", "%41&", "Bearer ", ";q=1,", "\"", "é", "[", "."} {
			t.Run(header+" "+unit, func(t *testing.T) {
				growth.Linear(t, 1000, func(n int) func() {
					value := strings.Repeat(unit, n)
					return func() {
						r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader("{}"))
						r.Header.Set("Authorization", "Bearer "+keyOf("support-key"))
						switch header {
						case "address":
							r.URL.RawQuery = value
						case "Host":
							r.Host = value
						default:
							r.Header.Set(header, value)
						}
						s.http.ServeHTTP(httptest.NewRecorder(), r)
					}
				})
			})
		}
	}
}
