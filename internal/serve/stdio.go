package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/internal/gate"
)

const (
	// stdioWorkers is how many calls run side by side, the most that the library allows.
	stdioWorkers = 100
	// stdioQueue is how many may wait behind them; beyond it the library would stop reading, cancellations included.
	stdioQueue = 10_000
	// stdioGrace is how long answers that are still coming when the input ends are waited for.
	stdioGrace = 10 * time.Second
	// maxLine bounds a message from the client, in bytes.
	maxLine = 4 << 20
)

// Stdio serves one agent over a pair of pipes until the input ends or ctx does. Nothing but the protocol is written
// to out. Calls that are running when the input ends are answered, for up to ten seconds; when ctx ends they are
// cancelled.
func Stdio(ctx context.Context, g *gate.Gate, agent, about, version string, in io.Reader, out io.Writer, log *slog.Logger) error {
	s := newServer(g, version, Instructions(agent, about), func(context.Context) string {
		if _, err := g.Rules().Stdio(agent); err != nil {
			return "" // the file was changed, and no longer lets it in
		}
		return agent
	})
	defer g.OnReload(func() { s.SendNotificationToAllClients("notifications/tools/list_changed", nil) })()
	p := &pipe{in: bufio.NewReader(in), out: out, waiting: map[string]bool{}, changed: make(chan struct{}, 1)}
	stdio := server.NewStdioServer(s)
	stdio.SetErrorLogger(slog.NewLogLogger(log.Handler(), slog.LevelWarn))
	server.WithWorkerPoolSize(stdioWorkers)(stdio)
	server.WithQueueSize(stdioQueue)(stdio)
	err := stdio.Listen(ctx, p.reader(ctx), p)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}

// pipe stands between the client and the library. It knows which requests are still without an answer, so that the
// end of the input does not cut them off, and keeps whole lines together.
type pipe struct {
	in  *bufio.Reader
	out io.Writer

	mu      sync.Mutex
	waiting map[string]bool // ids of requests without an answer
	changed chan struct{}
}

// reader gives the input line by line, and its end only when no answer is missing any more.
func (p *pipe) reader(ctx context.Context) io.Reader {
	r, w := io.Pipe()
	go func() {
		for {
			line, err := p.readLine()
			if len(line) > 0 {
				p.asked(line)
				if _, err := w.Write(line); err != nil {
					return // the library has stopped reading
				}
			}
			if err != nil {
				p.settle(ctx)
				w.CloseWithError(err) // io.EOF is the regular end
				return
			}
		}
	}()
	context.AfterFunc(ctx, func() { r.Close() })
	return r
}

// readLine reads one message. What is too long is dropped and answered with an error.
func (p *pipe) readLine() ([]byte, error) {
	var line []byte
	for {
		part, err := p.in.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(line) > maxLine {
			line = nil
			_, werr := p.Write([]byte(`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the message is longer than 4 MiB"}}` + "\n"))
			err = errors.Join(err, werr)
		}
		if len(line) > 0 && line[len(line)-1] != '\n' { // the input may end without a line break
			line = append(line, '\n')
		}
		return line, err
	}
}

// message is what is looked at in both directions.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		RequestID json.RawMessage `json:"requestId"`
	} `json:"params"`
}

// asked notes a request that wants an answer, and one whose answer is no longer wanted.
func (p *pipe) asked(line []byte) {
	var m message
	if json.Unmarshal(line, &m) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case m.Method == "notifications/cancelled":
		delete(p.waiting, string(m.Params.RequestID))
	case m.Method != "" && m.ID != nil && m.Method != "subscriptions/listen": // which is answered when the server ends
		p.waiting[string(m.ID)] = true
	}
}

// Write passes one message on; the library calls it once a message.
func (p *pipe) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.out.Write(line)
	if id := answered(line); id != "" {
		delete(p.waiting, id)
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
	return n, err
}

// answerStart is how the library begins every answer, which saves reading the rest.
var answerStart = []byte(`{"jsonrpc":"2.0","id":`)

// answered gives the id of the request that a message answers.
func answered(line []byte) string {
	rest, ok := bytes.CutPrefix(line, answerStart)
	if !ok {
		return ""
	}
	var id json.RawMessage
	if json.NewDecoder(bytes.NewReader(rest)).Decode(&id) != nil {
		return ""
	}
	return string(id)
}

// settle waits until every request has its answer, or the grace is over.
func (p *pipe) settle(ctx context.Context) {
	grace := time.NewTimer(stdioGrace)
	defer grace.Stop()
	for {
		p.mu.Lock()
		left := len(p.waiting)
		p.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-p.changed:
		case <-grace.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
