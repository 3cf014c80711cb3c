package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// Clients of before 2026-07-28 are asked by a request of ours that their answer names.

// asking is what the client was asked and has not answered yet.
type asking struct {
	write func(any)

	mu      sync.Mutex
	last    int
	waiting map[string]chan message // by the id of our request, as JSON
}

// GetClientInfo is what the client says it is; nothing is decided on it.
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// SetClientInfo is called with initialize.
func (s *session) SetClientInfo(i mcp.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = i
}

// GetClientCapabilities are what the client says it can do.
func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.can
}

// SetClientCapabilities is called with initialize.
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.can = c
}

// RequestElicitation puts a question to the person at the client and waits for the answer.
func (s *session) RequestElicitation(ctx context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	id, answer := s.asking.begin()
	defer s.asking.end(id)
	s.asking.write(struct {
		JSONRPC string                `json:"jsonrpc"`
		ID      json.RawMessage       `json:"id"`
		Method  mcp.MCPMethod         `json:"method"`
		Params  mcp.ElicitationParams `json:"params"`
	}{mcp.JSONRPC_VERSION, json.RawMessage(id), mcp.MethodElicitationCreate, r.Params})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case m := <-answer:
		if !isNull(m.Error) {
			return nil, errors.New("the client refused to ask its person")
		}
		var result mcp.ElicitationResult
		err := json.Unmarshal(m.Result, &result)
		return &result, err
	}
}

func (a *asking) begin() (id string, answer <-chan message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	id = fmt.Sprintf(`"ask-%d"`, a.last)
	c := make(chan message, 1)
	if a.waiting == nil {
		a.waiting = map[string]chan message{}
	}
	a.waiting[id] = c
	return id, c
}

func (a *asking) end(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// giveUp ends all questions: the client can no longer answer.
func (a *asking) giveUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, c := range a.waiting {
		delete(a.waiting, id)
		c <- message{Error: json.RawMessage(`{}`)}
	}
}

// answered takes an answer of the client's; one that nobody waits for is dropped.
func (a *asking) answered(m message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.waiting[string(m.ID)]; ok {
		delete(a.waiting, string(m.ID))
		c <- m
	}
}
