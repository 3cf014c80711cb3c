package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

const (
	// callerFor is how long it is remembered which Dixa agent has an e-mail address: one who was removed acts no longer.
	callerFor = time.Minute
	// noCallerFor is how long it is remembered that there is not exactly one.
	noCallerFor = 10 * time.Second
	callersMost = 4096
)

// callers remembers which Dixa agents have the addresses of people who signed in.
type callers struct {
	mu    sync.Mutex
	known map[string]callerFound // by address
}

// callerFound are the Dixa agents with an address.
type callerFound struct {
	ids  []dixaclient.UUID
	read time.Time
}

func (s *callers) get(email string, now time.Time) (callerFound, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.known[email]
	most := callerFor
	if len(f.ids) != 1 {
		most = noCallerFor
	}
	return f, ok && now.Sub(f.read) < most
}

func (s *callers) put(email string, f callerFound) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= callersMost {
		s.known = map[string]callerFound{}
	}
	s.known[email] = f
}

// wrote forgets all after a write to Dixa agents.
func (s *callers) wrote(op *dixaclient.Spec) {
	if op.Level == dixaclient.Read || !strings.HasPrefix(strings.TrimPrefix(op.Path, "/v1"), "/agents") {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
}

// actAsCaller puts the Dixa agent of the person who signed in in place of the caller, where the agent acts as that.
func (c *call) actAsCaller(ctx context.Context) error {
	if !c.agent.NeedsPerson() {
		return nil
	}
	p := c.request.Person
	switch {
	case p == nil:
		return noPerson(c.agentName)
	case p.Email == "":
		return noVerifiedEmail(c.agentName)
	}
	found, err := c.gate.callersOf(ctx, p.Email)
	switch {
	case err != nil:
		return callerUnread(c.agentName, err)
	case len(found) == 0:
		return noDixaAgent(c.agentName, p)
	case len(found) > 1:
		return manyDixaAgents(c.agentName, p, len(found))
	}
	c.agent = c.agent.For(dixaclient.ActingAgent(found[0]), p.Email)
	return nil
}

// callersOf returns the Dixa agents with an e-mail address as their main one. Dixa's search also finds others.
func (g *Gate) callersOf(ctx context.Context, email string) ([]dixaclient.UUID, error) {
	now := g.now()
	if f, ok := g.callers.get(email, now); ok {
		return f.ids, nil
	}
	var ids []dixaclient.UUID
	for page, err := range dixaclient.ListAgents.Pages(unpriced(ctx), g.lookups, dixaclient.ListAgentsIn{Email: email}) {
		if err != nil {
			return nil, err
		}
		for _, a := range page.Value {
			if capability.SameEmail(a.Email, email) {
				ids = append(ids, a.ID)
			}
		}
	}
	g.callers.put(email, callerFound{ids, now})
	return ids, nil
}

// noPerson refuses an agent that acts as its caller where there is none.
func noPerson(agent string) *refusal {
	return &refusal{
		text:   fmt.Sprintf("agent %s acts as the person who signed in (acts_as: caller), and this connection is that of a program: it uses a key, a program's token, or stdin and stdout. Tell the user: sign in, or use another agent.", agent) + nothingSent,
		reason: "no person signed in, and the agent acts as its caller", denied: true, general: true,
	}
}

// noVerifiedEmail refuses a person of whom it cannot be told which Dixa agent they are.
func noVerifiedEmail(agent string) *refusal {
	return &refusal{
		text:   fmt.Sprintf("agent %s acts as the person who signed in, and the sign-in gives no verified e-mail address (the claims email and email_verified). Tell the user: whoever administers the company's login can add them.", agent) + nothingSent,
		reason: "the person has no verified e-mail address", denied: true, general: true,
	}
}

// noDixaAgent refuses a person who is no Dixa agent.
func noDixaAgent(agent string, p *capability.Person) *refusal {
	return &refusal{
		text:   fmt.Sprintf("agent %s acts as the person who signed in, and no Dixa agent has %s as the main e-mail address. Tell the user: an administrator of Dixa can add or correct the Dixa agent.", agent, p.Email) + nothingSent,
		reason: "no Dixa agent has the person's e-mail address", denied: true, general: true,
	}
}

// manyDixaAgents refuses a person who could be several Dixa agents.
func manyDixaAgents(agent string, p *capability.Person, n int) *refusal {
	return &refusal{
		text:   fmt.Sprintf("agent %s acts as the person who signed in, and %d Dixa agents have %s as their main e-mail address. Tell the user: an administrator of Dixa must give each their own.", agent, n, p.Email) + nothingSent,
		reason: "several Dixa agents have the person's e-mail address", denied: true, general: true,
	}
}

// callerUnread refuses a call while it cannot be told which Dixa agent the person is.
func callerUnread(agent string, err error) *refusal {
	why := "Dixa did not answer"
	if e, ok := errors.AsType[*dixaclient.Error](err); ok && e.Status != 0 {
		why = fmt.Sprintf("Dixa answered %d", e.Status)
	} else if refused, ok := errors.AsType[*refusal](err); ok {
		return refused
	}
	return &refusal{
		text:   fmt.Sprintf("agent %s acts as the person who signed in, and which Dixa agent that is could not be looked up: %s. Try again.", agent, why) + " Nothing was changed in Dixa.",
		reason: "the person's Dixa agent could not be looked up", general: true, fault: err,
	}
}
