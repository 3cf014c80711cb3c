package serve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
)

const (
	// stdioGrace is how long answers that are still coming when the input ends are waited for.
	stdioGrace = 10 * time.Second
	// maxLine is the maximum size of a message from the client, in bytes.
	maxLine = 4 << 20
)

// Stdio serves one agent over a pair of pipes until the input ends or ctx does. Every client is told the notice. Nothing but the protocol is written to
// out. Calls that are running when the input ends are answered, for up to ten seconds; after that, and when ctx ends,
// they are cancelled. It returns when none is running any more, unless out does not take their answers. The error is
// that of reading the input.
func Stdio(ctx context.Context, g *gate.Gate, agent, notice, version string, in io.Reader, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	who := func(context.Context) identity.Principal {
		if _, err := g.Rules().Stdio(agent); err != nil {
			return identity.Principal{} // the file was changed, and no longer has the agent in its stdio list
		}
		return identity.Principal{Agent: agent}
	}
	s := newServer(g, version, func(ctx context.Context) string {
		return g.Instructions(ctx, gate.Request{Agent: agent}, notice, time.Now())
	}, who)
	c, end, err := newConn(ctx, s, "stdio", log, &lineWriter{out: out})
	if err != nil {
		return err
	}
	defer end()
	defer g.OnReload(func(r gate.Reloaded) { tellChanges(s, r) })()
	ctx = s.WithContext(ctx, c.session)
	err = c.listen(ctx, in)
	c.settle(ctx, cancel)
	return err
}

// lineWriter writes messages to a pipe, one a line.
type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *lineWriter) send(message []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.out.Write(append(message, '\n'))
	return err
}

// listen takes messages until the input or ctx ends.
func (c *conn) listen(ctx context.Context, in io.Reader) error {
	ended := make(chan error, 1)
	go func() { // ends with the input: a read cannot be interrupted
		ended <- readLines(in, func(line []byte) bool {
			switch {
			case ctx.Err() != nil:
				return false
			case len(line) > maxLine:
				c.refuse(failure(mcp.INVALID_REQUEST, "the message is longer than 4 MiB"))
			default:
				c.receive(ctx, line)
			}
			return true
		})
	}()
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// settle waits for the calls that are running: for a while when the input has ended, and then cancels them. A client
// that does not read its answers is not waited for: what was done is recorded before an answer is written.
func (c *conn) settle(ctx context.Context, cancel func()) {
	c.stop()
	c.abandon()
	idle := closed(c.calls.Wait)
	select {
	case <-idle:
	case <-time.After(stdioGrace):
	case <-ctx.Done():
	}
	cancel()
	select {
	case <-closed(func() { <-idle; c.session.close() }):
	case <-time.After(stdioGrace):
	}
}

// closed returns a channel that is closed when wait returns.
func closed(wait func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	return done
}

// readLines gives the input line by line until it ends or take refuses one, without a byte order mark before the first.
// Of a line that is longer than maxLine it gives enough to see that. The error is nil at the regular end.
func readLines(in io.Reader, take func([]byte) bool) error {
	r := bufio.NewReader(in)
	for first := true; ; first = false {
		line, err := readLine(r)
		if first {
			line = withoutBOM(line)
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

// withoutBOM returns a text without the byte order mark that some programs write before UTF-8.
func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }
