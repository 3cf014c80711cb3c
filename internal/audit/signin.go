package audit

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Of events without a person, which anybody can cause, at most so many are recorded.
const (
	strangersPerSecond = 1
	strangersAtOnce    = 30
)

// Strangers bounds the records of what anybody can cause. It is safe for concurrent use.
type Strangers struct {
	limiter *rate.Limiter
	left    atomic.Int64
}

// NewStrangers returns a bound of which nothing is used.
func NewStrangers() *Strangers {
	return &Strangers{limiter: rate.NewLimiter(strangersPerSecond, strangersAtOnce)}
}

// Admit reports whether a record is to be written, and adds to its sentence how many were not before it.
func (s *Strangers) Admit(r *Record, now time.Time) bool {
	if !s.limiter.AllowN(now, 1) {
		s.left.Add(1)
		return false
	}
	if n := s.left.Swap(0); n > 0 {
		r.Text += fmt.Sprintf(" (%d more events without a person were not recorded before it)", n)
	}
	return true
}

// signIn returns the sentence of a record about a sign-in.
func signIn(r Record) string {
	with := func(words string) string {
		if r.Client == "" {
			return ""
		}
		return words + r.Client
	}
	to := ""
	if r.Agent != "" {
		to = "to " + r.Agent
	}
	switch r.Event {
	case EventClient:
		return words("the client", r.Client, "registered itself") + clauses(r.Reason)
	case EventSignInRefused:
		return words(cmp.Or(r.Person, "somebody"), "could not sign in", to, with("with ")) + clauses(r.Reason)
	case EventSignInEnded:
		return words("the sign-in of", cmp.Or(r.Person, "somebody"), to, with("with "), "ended") + clauses(r.Reason)
	}
	return words(cmp.Or(r.Person, "somebody"), "signed in", to, with("with "))
}
