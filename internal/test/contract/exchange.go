package contract

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// exchange is one request and its complete answer.
type exchange struct {
	request     *http.Request
	requestBody []byte
	status      int
	header      http.Header
	body        []byte
}

// check returns what is wrong with an exchange: an answer that the documents do not allow, or a request that they
// do not allow and that was accepted all the same. A request may be refused for reasons that no schema states, so a
// refusal is always fine; to a request that names no operation it may have any form.
func (c *Contract) check(x exchange) []error {
	accepted := x.status/100 == 2
	var faults []error
	if err := c.CheckRequest(x.request, x.requestBody); err != nil && accepted {
		faults = append(faults, fmt.Errorf("a request outside the contract was accepted with %d: %w\nrequest: %s",
			x.status, err, excerpt(x.requestBody, 300)))
	}
	if _, _, err := c.find(x.request); err != nil {
		return faults
	}
	if err := c.CheckAnswer(x.request, x.status, x.header, x.body); err != nil {
		faults = append(faults, fmt.Errorf("answer %d is outside the contract: %w\nanswer: %s",
			x.status, err, excerpt(x.body, 300)))
	}
	return faults
}

// reporter passes faults to a test until the test ends: a server may outlive it, and a late report would panic.
type reporter struct {
	contract *Contract
	t        testing.TB
	mu       sync.Mutex
	ended    bool
}

func newReporter(c *Contract, t testing.TB) *reporter {
	r := &reporter{contract: c, t: t}
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ended = true
	})
	return r
}

func (r *reporter) judge(x exchange) {
	faults := r.contract.check(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	for _, fault := range faults {
		r.t.Errorf("contract: %s %s: %v", x.request.Method, x.request.URL.RequestURI(), fault)
	}
}
