package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/mark3labs/mcp-go/mcp"
)

// readLines gives the input line by line until it ends or take refuses one. Of a line that is longer than maxLine it
// gives enough to see that. The error is nil at the regular end.
func readLines(in io.Reader, take func([]byte) bool) error {
	r := bufio.NewReader(in)
	for {
		line, err := readLine(r)
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

func isNull(id json.RawMessage) bool { return id == nil || string(id) == "null" }

// isID tells whether an id is a string, a number, or not there.
func isID(id json.RawMessage) bool {
	return isNull(id) || id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9'
}

// answer writes the answer to a request, under the id as the client wrote it: the library makes a float of a number.
func (s *stdio) answer(id json.RawMessage, answer mcp.JSONRPCMessage) {
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		a.ID = mcp.NewRequestId(id)
		s.write(a)
	case mcp.JSONRPCError:
		a.ID = mcp.NewRequestId(id)
		s.write(a)
	}
}

// refuse answers what does not come to the library; without an id where it is not known. It does not wait until the
// client reads it.
func (s *stdio) refuse(id json.RawMessage, code int, text string) {
	e := failure(code, text)
	if id != nil {
		e.ID = mcp.NewRequestId(id)
	}
	s.calls.Go(func() { s.write(e) })
}

func failure(code int, text string) mcp.JSONRPCError {
	return mcp.JSONRPCError{JSONRPC: mcp.JSONRPC_VERSION, Error: mcp.JSONRPCErrorDetails{Code: code, Message: text}}
}

// write sends one message.
func (s *stdio) write(message any) {
	line, err := json.Marshal(message)
	if err == nil {
		s.writing.Lock()
		_, err = s.out.Write(append(line, '\n'))
		s.writing.Unlock()
	}
	if err != nil {
		s.log.Warn("a message could not be written to the client", "error", err)
	}
}
