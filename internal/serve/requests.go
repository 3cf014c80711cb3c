package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// requests are those that one client sent and that are being answered, and those that it was sent and has not answered.
type requests struct {
	mu      sync.Mutex
	running map[string]*request      // by id, as the client wrote it
	asked   map[string]chan *message // by the id of our request, as JSON
	last    int                      // number of our last request
}

// request is one that is being answered.
type request struct {
	cancel  context.CancelFunc
	endless bool                   // it listens to notifications until it is cancelled
	wants   mcp.SubscriptionFilter // what it listens to
}

var (
	errRunning = errors.New("a request with this id is running")
	errTooMany = errors.New("too many requests are running")
)

// begin registers a request until finish. At most this many run at a time; 0 is no limit.
func (r *requests) begin(id string, q *request, most int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, twice := r.running[id]; twice {
		return errRunning
	}
	if most > 0 && len(r.running) >= most {
		return errTooMany
	}
	if r.running == nil {
		r.running = map[string]*request{}
	}
	r.running[id] = q
	return nil
}

// finish ends a request. It is false for one that the client has cancelled: then no answer is expected, and its id may be
// that of another one by now.
func (r *requests) finish(id string, q *request) (wanted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[id] != q {
		return false
	}
	delete(r.running, id)
	return true
}

// cancel cancels a request. It is false where none of this id is running.
func (r *requests) cancel(id string) bool {
	r.mu.Lock()
	q, ok := r.running[id]
	delete(r.running, id)
	r.mu.Unlock()
	if ok {
		q.cancel()
	}
	return ok
}

// hears reports whether the request listens to a notification.
func (q *request) hears(method string) bool {
	switch method {
	case mcp.MethodNotificationToolsListChanged:
		return q.wants.ToolsListChanged
	case mcp.MethodNotificationPromptsListChanged:
		return q.wants.PromptsListChanged
	}
	return false
}

// listening returns the requests that listen to notifications, by id.
func (r *requests) listening() map[string]*request {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]*request{}
	for id, q := range r.running {
		if q.endless {
			found[id] = q
		}
	}
	return found
}

// ask registers a request of ours until forget, and returns the id under which the client answers it.
func (r *requests) ask() (id string, answer <-chan *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	id = fmt.Sprintf(`"ask-%d"`, r.last)
	c := make(chan *message, 1)
	if r.asked == nil {
		r.asked = map[string]chan *message{}
	}
	r.asked[id] = c
	return id, c
}

func (r *requests) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.asked, id)
}

// answered passes on an answer of the client's. One that nothing waits for is dropped.
func (r *requests) answered(m *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.asked[string(m.ID)]; ok {
		delete(r.asked, string(m.ID))
		c <- m
	}
}

// abandon fails all requests of ours: the client can no longer answer.
func (r *requests) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, c := range r.asked {
		delete(r.asked, id)
		c <- &message{Error: json.RawMessage(`{}`)}
	}
}
