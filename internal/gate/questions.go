package gate

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"dixa-mcp/internal/seal"
)

// questionFor is how long a person may take to answer.
const questionFor = 10 * time.Minute

// questions seals the state that travels with a question and comes back with the answer. Each can be used once.
type questions struct {
	signer seal.Signer
	once   Once
}

func newQuestions(secret []byte, once Once) questions {
	return questions{seal.NewSigner(secret, "questions"), once}
}

// asked is what a state holds.
type asked struct {
	Digest  string    `json:"d"`
	About   string    `json:"a"` // digest of the state of things that the person decided on
	Nonce   string    `json:"n"`
	Expires time.Time `json:"e"`
}

// seal makes the state of a question about the call with this digest, in a state of things.
func (q *questions) seal(digest, about string, now time.Time) string {
	return q.signer.Sign(asked{digest, about, rand.Text(), now.Add(questionFor)})
}

// redeem accepts a state once, for the call of the tool that it was made for, within its time, and returns the state of
// things that the person decided on.
func (q *questions) redeem(ctx context.Context, tool, state, digest string, now time.Time) (about string, _ *refusal) {
	var a asked
	err := q.signer.Read(state, &a)
	switch {
	case err != nil:
		return "", confirmationInvalid(tool, err)
	case a.Digest != digest:
		return "", confirmationInvalid(tool, errors.New("is for another call"))
	case !now.Before(a.Expires):
		return "", confirmationInvalid(tool, errors.New("has expired"))
	}
	switch err := q.once.Use(ctx, a.Nonce, a.Expires.Add(-questionFor), a.Expires); {
	case errors.Is(err, ErrUsed):
		return "", confirmationInvalid(tool, err)
	case err != nil:
		return "", confirmationUnverified(tool, err)
	}
	return a.About, nil
}

// ErrUsed says that a confirmation was used before.
var ErrUsed = errors.New("was used already")

// Once makes sure that each confirmation is used once, also where several processes might be given it.
type Once interface {
	// Use is nil for exactly one of all who call it with the nonce, and [ErrUsed] for the others. Any other error means
	// that this cannot be told now; the confirmation is then invalid. The nonce was made and expires at these
	// times, and need not be remembered for longer.
	Use(ctx context.Context, nonce string, made, expires time.Time) error
}

// nonces is the Once of one process.
type nonces struct {
	mu   sync.Mutex
	used map[string]time.Time // when each expires
}

// NewOnce makes the Once of one process, which forgets when that ends.
func NewOnce() Once { return &nonces{used: map[string]time.Time{}} }

// Use implements [Once].
func (n *nonces) Use(_ context.Context, nonce string, _, expires time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for old, until := range n.used {
		if !now.Before(until) {
			delete(n.used, old)
		}
	}
	if _, ok := n.used[nonce]; ok {
		return ErrUsed
	}
	n.used[nonce] = expires
	return nil
}
