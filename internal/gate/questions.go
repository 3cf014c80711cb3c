package gate

import (
	"context"
	"crypto/rand"
	"errors"
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

// redeem accepts a state once, for the call that it was made for, within its time, and returns the state of things that
// the person decided on.
func (q *questions) redeem(ctx context.Context, state, digest string, now time.Time) (about string, err error) {
	var a asked
	err = q.signer.Read(state, &a)
	switch {
	case err != nil:
		return "", err
	case a.Digest != digest:
		return "", errors.New("is for another call")
	case !now.Before(a.Expires):
		return "", errors.New("has expired")
	}
	err = q.once.Use(ctx, a.Nonce, a.Expires.Add(-questionFor), a.Expires)
	if err != nil && !errors.Is(err, ErrUsed) {
		return "", &errOnce{err}
	}
	return a.About, err
}
