package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client is an agent's client over HTTP. It keeps one connection, and asks one thing at a time.
type client struct {
	http    *http.Client
	url     string // of the endpoint
	key     string
	old     bool   // uses an MCP version before 2026-07-28
	session string // that it has then
	id      int
}

func newClient(url, key string) *client {
	return &client{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}, url: url, key: key}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// errNoAnswer is a request to which nothing came that the protocol knows.
var errNoAnswer = errors.New("no answer")

// refusal is an answer of HTTP alone.
type refusal struct {
	status int
	why    string // in the words of dixa-mcp, "" when it was not it that answered
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d: %s", r.status, r.why) }

// reply is an answer of the protocol.
type reply struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

const (
	modernVersion = "2026-07-28"
	legacyVersion = "2025-11-25"
	modernMeta    = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},` +
		`"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}`
)

// ask sends one request; params is an object without its last brace.
func (c *client) ask(ctx context.Context, method, name, params string) (reply, error) {
	c.id++
	meta := ""
	if !c.old {
		meta = modernMeta
		if !strings.HasSuffix(params, "{") {
			meta = "," + meta
		}
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s%s}}`, c.id, method, params, meta)
	req, err := c.request(ctx, http.MethodPost, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if !c.old {
		req.Header.Set("Mcp-Method", method)
		if name != "" {
			req.Header.Set("Mcp-Name", name)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	defer res.Body.Close()
	if id := res.Header.Get("Mcp-Session-Id"); id != "" {
		c.session = id
	}
	m, err := answerIn(res, c.id)
	if err != nil {
		return m, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return m, nil
}

func (c *client) request(ctx context.Context, method string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	switch {
	case !c.old:
		req.Header.Set("MCP-Protocol-Version", modernVersion)
	case c.session != "":
		req.Header.Set("MCP-Protocol-Version", legacyVersion)
		req.Header.Set("Mcp-Session-Id", c.session)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// answerIn reads the answer to a request, as JSON or at the end of a stream.
func answerIn(res *http.Response, id int) (reply, error) {
	var m reply
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return m, err
		}
		var wall struct{ Error string }
		switch {
		case json.Unmarshal(body, &m) == nil && string(m.ID) == fmt.Sprint(id):
			return m, nil
		case json.Unmarshal(body, &wall) == nil:
			return m, &refusal{res.StatusCode, wall.Error}
		}
		return m, &refusal{res.StatusCode, ""}
	}
	lines := bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return m, fmt.Errorf("the stream ended without the answer: %w", err)
		}
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if m = (reply{}); json.Unmarshal(data, &m) == nil && string(m.ID) == fmt.Sprint(id) {
				_, err := io.Copy(io.Discard, lines) // so that the connection can be used again
				return m, err
			}
		}
	}
}

// begin makes a client use an MCP version before 2026-07-28, with a session.
func (c *client) begin(ctx context.Context) error {
	c.old, c.session = true, ""
	m, err := c.ask(ctx, "initialize", "", `{"protocolVersion":"`+legacyVersion+`","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`)
	if err == nil && (m.Error != nil || c.session == "") {
		err = fmt.Errorf("no session began: %+v %s", m.Error, m.Result)
	}
	return err
}

// listen opens the stream of a session. It ends with ctx, or with the server.
func (c *client) listen(ctx context.Context) (*http.Response, error) {
	req, err := c.request(ctx, http.MethodGet, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.http.Do(req)
	if err == nil && res.StatusCode != http.StatusOK {
		res.Body.Close()
		err = fmt.Errorf("the stream was refused with %d", res.StatusCode)
	}
	return res, err
}

// end ends the session.
func (c *client) end(ctx context.Context) error {
	req, err := c.request(ctx, http.MethodDelete, nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err == nil {
		res.Body.Close()
	}
	c.session = ""
	return err
}

// call calls a tool and gives its text. Whatever the server answers is no error.
func (c *client) call(ctx context.Context, tool, arguments string) (text string, failed bool, err error) {
	m, err := c.ask(ctx, "tools/call", tool, fmt.Sprintf(`{"name":%q,"arguments":%s`, tool, arguments))
	switch {
	case err != nil:
		return "", true, err
	case m.Error != nil:
		return m.Error.Message, true, nil
	}
	var result struct {
		IsError bool
		Content []struct{ Text string }
	}
	if err := json.Unmarshal(m.Result, &result); err != nil || len(result.Content) == 0 {
		return "", true, fmt.Errorf("%w: an answer without content: %.200s", errNoAnswer, m.Result)
	}
	return result.Content[0].Text, result.IsError, nil
}

// works is a call that must succeed.
func (c *client) works(tool, arguments string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	text, failed, err := c.call(ctx, tool, arguments)
	if err == nil && failed {
		err = errors.New(text)
	}
	return err
}
