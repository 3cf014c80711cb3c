package serve

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

const methodCancelled = "notifications/cancelled"

// message is a JSON-RPC message from a client, read as far as the transports need it. The rest is left to the library.
type message struct {
	ID     json.RawMessage // as the client wrote it: the library makes a float of a number
	Method string
	Result json.RawMessage
	Error  json.RawMessage
	Params json.RawMessage

	// From the params:
	name      string          // of the tool that is called
	arguments span            // of the call, in body
	requestID json.RawMessage // of the request that is cancelled

	// From their _meta:
	progressToken           json.RawMessage
	version                 string // of the protocol
	traceParent, traceState string

	body []byte
}

// readMessage reads the one message that a client sends at a time. The error is what the client is answered.
//
// A name that the message, its params or their _meta have twice, in whatever case, is refused: JSON readers take one or
// the other, or something of both, so that the library would carry out another message than the one that was checked.
func readMessage(body []byte) (*message, *mcp.JSONRPCError) {
	refuse := func(code int, text string) (*message, *mcp.JSONRPCError) {
		e := failure(code, text)
		return nil, &e
	}
	if !json.Valid(body) {
		return refuse(mcp.PARSE_ERROR, "the message is not JSON")
	}
	if first := body[skipSpace(body, 0)]; first == '[' {
		return refuse(mcp.INVALID_REQUEST, "one message at a time: there are no batches since 2025-06-18")
	} else if first != '{' {
		return refuse(mcp.INVALID_REQUEST, "the text is not one JSON-RPC message")
	}
	m := &message{body: body}
	valid, twice := m.read()
	switch {
	case twice:
		return refuse(mcp.INVALID_REQUEST, "the message has a duplicate member name")
	case !valid || !isID(m.ID):
		return refuse(mcp.INVALID_REQUEST, "the text is not one JSON-RPC message")
	}
	return m, nil
}

// read reads the members of the message. It is not valid if its method is not a string; twice tells that a name is
// repeated. What has another form in the params is ignored: the library says what is wrong with it.
func (m *message) read() (valid, twice bool) {
	valid = true
	twice = m.members(span{0, len(m.body)}, func(name string, value span) (twice bool) {
		raw := m.at(value)
		switch name {
		case "ID":
			m.ID = raw
		case "METHOD":
			valid = raw[0] == '"' || isNull(raw)
			m.Method = stringOf(raw)
		case "RESULT":
			m.Result = raw
		case "ERROR":
			m.Error = raw
		case "PARAMS":
			m.Params = raw
			return m.members(value, m.readParam)
		}
		return false
	})
	return valid, twice
}

func (m *message) readParam(name string, value span) (twice bool) {
	raw := m.at(value)
	switch name {
	case "NAME":
		m.name = stringOf(raw)
	case "ARGUMENTS":
		m.arguments = value
	case "REQUESTID":
		m.requestID = raw
	case "_META":
		return m.members(value, m.readMeta)
	}
	return false
}

func (m *message) readMeta(name string, value span) (twice bool) {
	raw := m.at(value)
	switch name {
	case "PROGRESSTOKEN":
		m.progressToken = raw
	case "IO.MODELCONTEXTPROTOCOL/PROTOCOLVERSION":
		m.version = stringOf(raw)
	case "TRACEPARENT":
		m.traceParent = stringOf(raw)
	case "TRACESTATE":
		m.traceState = stringOf(raw)
	}
	return false
}

// members gives each member of an object to take, with its name folded, and tells whether a name is repeated there or
// take has found one. What is not an object has no members.
func (m *message) members(object span, take func(name string, value span) (twice bool)) (twice bool) {
	var few [8]string
	seen := few[:0]
	var many map[string]struct{}
	for quoted, value := range membersOf(m.body, object) {
		name := folded(unquoted(m.at(quoted)))
		if many == nil && len(seen) == len(few) {
			many = map[string]struct{}{}
			for _, s := range seen {
				many[s] = struct{}{}
			}
		}
		if many != nil {
			if _, twice := many[name]; twice {
				return true
			}
			many[name] = struct{}{}
		} else {
			for _, s := range seen {
				if s == name {
					return true
				}
			}
			seen = append(seen, name)
		}
		if take(name, value) {
			return true
		}
	}
	return false
}

// isResponse tells whether the message answers a request of ours.
func (m *message) isResponse() bool { return m.Method == "" && (m.Result != nil || m.Error != nil) }

// isRequest tells whether the message expects an answer.
func (m *message) isRequest() bool { return m.Method != "" && !isNull(m.ID) }

// rawArguments returns the arguments of a call as the client wrote them, nil for none.
func (m *message) rawArguments() json.RawMessage {
	if m.arguments == (span{}) {
		return nil
	}
	return m.at(m.arguments)
}

// withoutArguments returns the message with empty arguments, for the library: it would read them six times.
func (m *message) withoutArguments() []byte {
	b := make([]byte, 0, len(m.body)-m.arguments.len()+2)
	b = append(b, m.body[:m.arguments.from]...)
	b = append(b, "{}"...)
	return append(b, m.body[m.arguments.to:]...)
}

func (m *message) at(s span) json.RawMessage { return json.RawMessage(m.body[s.from:s.to]) }

// span is a part of a text.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// membersOf yields the members of an object that is a part of a valid JSON text: the quoted name, and the value. The work
// is linear in the length of the object.
func membersOf(text []byte, object span) iter.Seq2[span, span] {
	return func(yield func(name, value span) bool) {
		i := skipSpace(text, object.from)
		if text[i] != '{' {
			return
		}
		for i = skipSpace(text, i+1); text[i] != '}'; {
			name := span{i, stringEnd(text, i)}
			i = skipSpace(text, skipSpace(text, name.to)+1) // past the colon
			value := span{i, valueEnd(text, i)}
			if !yield(name, value) {
				return
			}
			if i = skipSpace(text, value.to); text[i] == ',' {
				i = skipSpace(text, i+1)
			}
		}
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns where the string ends whose quotation mark is at i.
func stringEnd(text []byte, i int) int {
	for i++; ; i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
}

// valueEnd returns where the value ends that begins at i.
func valueEnd(text []byte, i int) int {
	depth := 0
	for {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			i++
		}
		if depth == 0 && (i == len(text) || bytes.IndexByte([]byte(",}] \n\t\r"), text[i]) >= 0) {
			return i
		}
	}
}

// stringOf returns the value of a JSON string, "" for anything else.
func stringOf(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	return unquoted(raw)
}

// unquoted returns the value of a valid JSON string.
func unquoted(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}

// folded returns the same text for all names that [strings.EqualFold] takes for equal.
func folded(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.Map(least, name)
		}
	}
	return strings.ToUpper(name)
}

// least returns the first of the letters that differ from r in case only; of ASCII letters it is the capital one.
func least(r rune) rune {
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		first = min(first, next)
	}
	return first
}

func isNull(id json.RawMessage) bool { return id == nil || string(id) == "null" }

// isID tells whether an id or a progress token is a string, a number, or absent.
func isID(id json.RawMessage) bool {
	return isNull(id) || id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9'
}
