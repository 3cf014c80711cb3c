package serve

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// response is the answer to one HTTP request: one JSON object, or, when something has to be sent before it, a stream of
// events that ends with it. It is safe for concurrent use, until the handler returns.
type response struct {
	w       http.ResponseWriter
	control *http.ResponseController
	takes   bool // the client takes a stream

	mu    sync.Mutex
	begun bool // the stream
	over  bool // nothing more may be sent
	dead  bool // the client does not read it
	alive *time.Timer
}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	return &response{w: w, control: http.NewResponseController(w), takes: accepts(r, "text/event-stream")}
}

// accepts tells whether the client takes a media type. Without the header it takes everything.
func accepts(r *http.Request, media string) bool {
	all := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(all) == "" {
		return true
	}
	kind, _, _ := strings.Cut(media, "/")
	for one := range strings.SplitSeq(all, ",") {
		one, _, _ = strings.Cut(one, ";")
		switch strings.ToLower(strings.TrimSpace(one)) {
		case media, kind + "/*", "*/*":
			return true
		}
	}
	return false
}

// stream begins the stream, and writes a comment every now and then.
func (p *response) stream() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin()
	p.flush()
}

// keepAlive makes a stream of an answer that takes long, so that no proxy closes the connection.
func (p *response) keepAlive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.takes && p.alive == nil {
		p.alive = time.AfterFunc(aliveEvery, p.breathe)
	}
}

// breathe writes a comment.
func (p *response) breathe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.begin()
	p.put([]byte(":\n\n"))
	p.alive.Reset(aliveEvery)
}

// send implements [writer]: it sends a message before the answer.
func (p *response) send(message []byte) error { return p.write(event(message)) }

// write sends events of a stream before the answer.
func (p *response) write(events []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.dead || !p.takes {
		return io.ErrClosedPipe
	}
	p.begin()
	p.put(events)
	if p.dead {
		return io.ErrClosedPipe
	}
	return nil
}

// answer ends the response. The status is ignored where a stream has begun.
func (p *response) answer(status int, message any) {
	b, err := encode(message)
	if err != nil { // nothing that we make
		status = http.StatusInternalServerError
		b, _ = encode(failure(mcp.INTERNAL_ERROR, "the answer cannot be written as JSON"))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	if p.begun {
		p.put(event(b))
		return
	}
	p.w.Header().Set("Content-Type", "application/json")
	p.deadline()
	p.w.WriteHeader(status)
	_, _ = p.w.Write(b)
}

// accepted ends the response to what has no answer.
func (p *response) accepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	if !p.begun {
		p.deadline()
		p.w.WriteHeader(http.StatusAccepted)
	}
}

// end lets nothing more be sent but the answer. p.mu is held.
func (p *response) end() {
	p.over = true
	if p.alive != nil {
		p.alive.Stop()
	}
}

// close calls end for callers that do not hold p.mu.
func (p *response) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

// returned ends what the handler may send when it is about to return: from then on only a connection of its own sends.
func (p *response) returned() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, own := p.w.(taken); !own {
		p.end()
	}
}

// begin writes the head of a stream. p.mu is held.
func (p *response) begin() {
	if p.begun {
		return
	}
	p.streamHeader()
	p.deadline()
	p.w.WriteHeader(http.StatusOK)
	p.began()
}

func (p *response) streamHeader() {
	p.w.Header().Set("Content-Type", "text/event-stream")
	p.w.Header().Set("X-Accel-Buffering", "no") // for nginx, which would hold it back
}

// began starts to show that the stream is alive, once the head is written. p.mu is held.
func (p *response) began() {
	p.begun = true
	if p.alive == nil {
		p.alive = time.AfterFunc(aliveEvery, p.breathe)
	}
}

// put writes and flushes. p.mu is held.
func (p *response) put(b []byte) {
	p.deadline()
	_, err := p.w.Write(b)
	p.dead = p.dead || err != nil
	p.flush()
}

func (p *response) flush() {
	if err := p.control.Flush(); err != nil {
		p.dead = true
	}
}

// deadline keeps a client that does not read from holding on to the handler.
func (p *response) deadline() { _ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout)) }

// event writes a message as one event of a stream.
func event(message []byte) []byte {
	b := make([]byte, 0, len(message)+24)
	b = append(b, "event: message\ndata: "...)
	b = append(b, message...)
	return append(b, '\n', '\n')
}
