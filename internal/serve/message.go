package serve

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/base/jsonscan"
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
	arguments json.RawMessage // of the call; a part of body
	requestID json.RawMessage // of the request that is cancelled

	// From their _meta:
	progressToken           json.RawMessage
	version                 string // of the protocol
	traceParent, traceState string

	body []byte
}

// readMessage reads the one message that a client sends at a time. The error is what the client is answered.
//
// A member name that occurs twice in the message, its params or their _meta, in any case, is refused: JSON parsers disagree
// on which value to use, so the library could carry out a different message than the one that was checked.
func readMessage(body []byte) (*message, *mcp.JSONRPCError) {
	refuse := func(code int, text string) (*message, *mcp.JSONRPCError) {
		e := failure(code, text)
		return nil, &e
	}
	if !json.Valid(body) {
		return refuse(mcp.PARSE_ERROR, "the message is not JSON")
	}
	if first := body[jsonscan.SkipSpace(body, 0)]; first == '[' {
		return refuse(mcp.INVALID_REQUEST, "batches are not supported since 2025-06-18; send one message at a time")
	} else if first != '{' {
		return refuse(mcp.INVALID_REQUEST, "the text is not one JSON-RPC message")
	}
	m := &message{body: body}
	valid, duplicate := m.read()
	switch {
	case duplicate:
		return refuse(mcp.INVALID_REQUEST, "the message has a duplicate member name")
	case !valid || !isID(m.ID):
		return refuse(mcp.INVALID_REQUEST, "the text is not one JSON-RPC message")
	}
	return m, nil
}

// read reads the members of the message. It is not valid if its method is not a string; duplicate says that a name is
// repeated. What has another form in the params is ignored: the library says what is wrong with it.
func (m *message) read() (valid, duplicate bool) {
	valid = true
	duplicate = members(m.body, func(name string, raw json.RawMessage) (duplicate bool) {
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
			return members(raw, m.readParam)
		}
		return false
	})
	return valid, duplicate
}

// wants returns what a request that listens asks for. What has another form is ignored: the library says what is wrong with it.
func (m *message) wants() mcp.SubscriptionFilter {
	var params struct{ Notifications mcp.SubscriptionFilter }
	_ = json.Unmarshal(m.Params, &params)
	return params.Notifications
}

func (m *message) readParam(name string, raw json.RawMessage) (duplicate bool) {
	switch name {
	case "NAME":
		m.name = stringOf(raw)
	case "ARGUMENTS":
		m.arguments = raw
	case "REQUESTID":
		m.requestID = raw
	case "_META":
		return members(raw, m.readMeta)
	}
	return false
}

func (m *message) readMeta(name string, raw json.RawMessage) (duplicate bool) {
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

// members gives each member of an object to take, with its name folded, and reports whether a name is repeated there or
// take found one that is. What is not an object has no members.
func members(object json.RawMessage, take func(name string, value json.RawMessage) (duplicate bool)) (duplicate bool) {
	object = object[jsonscan.SkipSpace(object, 0):]
	if object[0] != '{' {
		return false
	}
	var few [8]string
	seen := few[:0]
	var many map[string]bool // instead of seen, for an object with many members
	for quoted, value := range jsonscan.Members(object) {
		name := folded(jsonscan.Unquote(quoted))
		switch {
		case many[name], slices.Contains(seen, name):
			return true
		case len(seen) < len(few):
			seen = append(seen, name)
		default:
			if many == nil {
				many = map[string]bool{}
			}
			many[name] = true
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

// withoutArguments returns the message with empty arguments, for the library: it would read them six times.
func (m *message) withoutArguments() []byte {
	from := cap(m.body) - cap(m.arguments) // they share their memory, which ends at the same place
	b := make([]byte, 0, len(m.body)-len(m.arguments)+2)
	b = append(b, m.body[:from]...)
	b = append(b, "{}"...)
	return append(b, m.body[from+len(m.arguments):]...)
}

// stringOf returns the value of a JSON string, "" for anything else.
func stringOf(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	return jsonscan.Unquote(raw[1 : len(raw)-1])
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
