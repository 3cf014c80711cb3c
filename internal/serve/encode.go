package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"

	"github.com/mark3labs/mcp-go/mcp"
)

const methodCancelled = "notifications/cancelled"

// readLines gives the input line by line until it ends or take refuses one, without a byte order mark before the first.
// Of a line that is longer than maxLine it gives enough to see that. The error is nil at the regular end.
func readLines(in io.Reader, take func([]byte) bool) error {
	r := bufio.NewReader(in)
	for first := true; ; first = false {
		line, err := readLine(r)
		if first {
			line = withoutMark(line)
		}
		if len(bytes.TrimSpace(line)) > 0 && !take(line) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readLine reads one line, of which it keeps little more than maxLine.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// withoutMark is a text without the byte order mark that some programs write before UTF-8.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }

func isNull(id json.RawMessage) bool { return id == nil || string(id) == "null" }

// isID tells whether an id or a progress token is a string, a number, or not there.
func isID(id json.RawMessage) bool {
	return isNull(id) || id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9'
}

// under is an answer under the id as the client wrote it: the library makes a float of a number.
func under(id json.RawMessage, answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
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

// tagged is a notification for the request that listens under an id. What the library tells many it tells with one map.
func tagged(n mcp.JSONRPCNotification, id json.RawMessage) mcp.JSONRPCNotification {
	meta := maps.Clone(n.Params.Meta)
	if meta == nil {
		meta = map[string]any{}
	}
	meta[mcp.MetaKeySubscriptionID] = id
	n.Params.Meta = meta
	return n
}
