package serve

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
)

const (
	// stdioGrace is how long answers that are still coming when the input ends are waited for.
	stdioGrace = 10 * time.Second
	// maxLine bounds a message from the client, in bytes.
	maxLine = 4 << 20
)

// Stdio serves one agent over a pair of pipes until the input ends or ctx does. Nothing but the protocol is written to
// out. Calls that are running when the input ends are answered, for up to ten seconds; after that, and when ctx ends,
// they are cancelled. It returns when none is running any more, unless out does not take their answers. The error is
// that of reading the input.
func Stdio(ctx context.Context, g *gate.Gate, agent, about, version string, in io.Reader, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	who := func(context.Context) identity.Principal {
		if _, err := g.Rules().Stdio(agent); err != nil {
			return identity.Principal{} // the file was changed, and no longer lets it in
		}
		return identity.Principal{Agent: agent}
	}
	s := newServer(g, version, func(context.Context) string { return Instructions(agent, about) }, who)
	c, end, err := newConn(ctx, s, "stdio", log, func(message []byte) error {
		_, err := out.Write(append(message, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	defer end()
	defer g.OnReload(func() { s.SendNotificationToAllClients(mcp.MethodNotificationToolsListChanged, nil) })()
	ctx = s.WithContext(ctx, c.session)
	err = c.listen(ctx, in)
	c.settle(ctx, cancel)
	return err
}

// listen takes messages until the input or ctx ends.
func (c *conn) listen(ctx context.Context, in io.Reader) error {
	lines, failed := make(chan []byte), error(nil)
	go func() { // ends with the input: a read cannot be interrupted
		defer close(lines)
		failed = readLines(in, func(line []byte) bool {
			select {
			case lines <- line:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return failed
			}
			if len(line) > maxLine {
				c.refuse(nil, mcp.INVALID_REQUEST, "the message is longer than 4 MiB")
				continue
			}
			c.receive(ctx, line)
		}
	}
}

// settle waits for the calls that are running: for a while when the input has ended, and then cancels them. A client
// that does not read its answers is not waited for: what was done is recorded before an answer is written.
func (c *conn) settle(ctx context.Context, cancel func()) {
	for _, r := range c.listeners() {
		r.cancel()
	}
	c.session.asking.giveUp()
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

// closed gives a channel that is closed when wait returns.
func closed(wait func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	return done
}
