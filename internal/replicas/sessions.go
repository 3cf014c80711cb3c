package replicas

import (
	"context"
	_ "embed"
	"errors"
	"time"
)

//go:embed sessions.lua
var sessionsSource string

var sessionsScript = newScript(sessionsSource)

// Sessions are those of clients that need some, shared. Their ids are signed, so that alone a replica takes each that is
// its own to judge: it only cannot tell whether it was ended.
type Sessions struct {
	link *link
	most int
	idle time.Duration
}

// Sessions counts sessions for all replicas: so many of an agent, each for so long after its last use.
func (g *Group) Sessions(most int, idle time.Duration) *Sessions {
	return &Sessions{g.link, most, idle}
}

// Begin registers a new session. If the agent has the maximum already, the session that was idle longest ends.
func (s *Sessions) Begin(ctx context.Context, agent, id string) error {
	answer, err := s.script(ctx, "begin", agent, id)
	if err == nil && answer == "ended" {
		return errors.New("this session was ended")
	}
	return nil // alone it is begun all the same
}

// Use marks a session as used, and reports whether it is valid: also one begun elsewhere, or before the server began to
// remember; not one that was ended or idle for too long.
func (s *Sessions) Use(ctx context.Context, agent, id string) (bool, error) {
	answer, err := s.script(ctx, "use", agent, id)
	return err != nil || answer == "yes", nil
}

// End ends a session, and remembers that for as long as the session could have been used.
func (s *Sessions) End(ctx context.Context, agent, id string) error {
	_, err := s.script(ctx, "end", agent, id)
	return err
}

func (s *Sessions) script(ctx context.Context, what, agent, id string) (string, error) {
	l := s.link
	answer, err := l.run(ctx, sessionsScript, []string{l.key("group"), l.key("sessions:" + agent), l.key("ended:" + agent)}, what, id, s.most, s.idle.Microseconds())
	if err != nil {
		return "", err
	}
	text, _ := answer[0].(string)
	return text, nil
}
