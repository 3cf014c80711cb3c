package serve

import (
	"bytes"
	"encoding/json"
	"maps"

	"github.com/mark3labs/mcp-go/mcp"
)

// encode writes a message to a client as JSON, without a line break. There is room for one behind it.
func encode(message any) ([]byte, error) {
	var b bytes.Buffer
	return encodeInto(&b, message)
}

// encodeInto does so into a buffer, whose memory the message then is.
func encodeInto(b *bytes.Buffer, message any) ([]byte, error) {
	if r, ok := message.(mcp.JSONRPCResponse); ok {
		if result, ok := r.Result.(*mcp.CallToolResult); ok && isPlain(result) {
			message = plainResponse(r.ID, result)
		}
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(message); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// plain is the answer of a tool that is one text. The library's own type would be written three times over: as the
// content, as a map of its fields, and compacted as part of the message. Fields have the library's order.
type plain struct {
	JSONRPC string        `json:"jsonrpc"`
	ID      mcp.RequestId `json:"id"`
	Result  struct {
		Meta       *mcp.Meta      `json:"_meta,omitempty"`
		Content    [1]plainText   `json:"content"`
		IsError    bool           `json:"isError,omitempty"`
		ResultType mcp.ResultType `json:"resultType,omitempty"`
	} `json:"result"`
}

type plainText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// isPlain tells whether a result has nothing but one text and what every result has.
func isPlain(r *mcp.CallToolResult) bool {
	if len(r.Content) != 1 || r.StructuredContent != nil || r.RawStructuredContent != nil || len(r.InputRequests) > 0 || r.RequestState != "" {
		return false
	}
	text, ok := r.Content[0].(mcp.TextContent)
	return ok && text.Annotations == nil && text.Meta == nil
}

func plainResponse(id mcp.RequestId, r *mcp.CallToolResult) *plain {
	text, _ := r.Content[0].(mcp.TextContent) // as isPlain found
	p := &plain{JSONRPC: mcp.JSONRPC_VERSION, ID: id}
	p.Result.Meta, p.Result.IsError, p.Result.ResultType = r.Meta, r.IsError, r.ResultType
	p.Result.Content[0] = plainText{text.Type, text.Text}
	return p
}

// withID returns an answer with the id as the client wrote it: the library makes a float of a number.
func withID(id json.RawMessage, answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	if id == nil {
		return answer
	}
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		a.ID = mcp.NewRequestId(id)
		return a
	case mcp.JSONRPCError:
		a.ID = mcp.NewRequestId(id)
		return a
	}
	return answer
}

func failure(code int, text string) mcp.JSONRPCError {
	return mcp.JSONRPCError{JSONRPC: mcp.JSONRPC_VERSION, Error: mcp.JSONRPCErrorDetails{Code: code, Message: text}}
}

// tagged returns a notification for the request that listens under an id. The library tells many with one map.
func tagged(n mcp.JSONRPCNotification, id json.RawMessage) mcp.JSONRPCNotification {
	meta := maps.Clone(n.Params.Meta)
	if meta == nil {
		meta = map[string]any{}
	}
	meta[mcp.MetaKeySubscriptionID] = id
	n.Params.Meta = meta
	return n
}
