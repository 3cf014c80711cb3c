package gate

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// questionFor is how long a person may take to answer.
const questionFor = 10 * time.Minute

// questions seals the state that travels with a question and comes back with the answer. Each can be used once.
type questions struct {
	secret []byte
	once   Once
}

func newQuestions(secret []byte, once Once) questions {
	return questions{derive(secret, "questions"), once}
}

// asked is what a state holds.
type asked struct {
	Digest  string    `json:"d"`
	Nonce   string    `json:"n"`
	Expires time.Time `json:"e"`
}

// seal makes the state of a question about the call with this digest.
func (q *questions) seal(digest string, now time.Time) string {
	b, _ := json.Marshal(asked{digest, rand.Text(), now.Add(questionFor)}) // strings and times always marshal
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + q.mac(body)
}

func (q *questions) mac(body string) string {
	m := hmac.New(sha256.New, q.secret)
	m.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// redeem accepts a state once, for the call that it was made for, within its time.
func (q *questions) redeem(ctx context.Context, state, digest string, now time.Time) error {
	body, mac, _ := strings.Cut(state, ".")
	if !hmac.Equal([]byte(mac), []byte(q.mac(body))) {
		return errors.New("was not made here")
	}
	var a asked
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	switch {
	case err != nil:
		return errors.New("cannot be read")
	case a.Digest != digest:
		return errors.New("is for another call")
	case !now.Before(a.Expires):
		return errors.New("has expired")
	}
	err = q.once.Use(ctx, a.Nonce, a.Expires.Add(-questionFor), a.Expires)
	if err != nil && !errors.Is(err, ErrUsed) {
		return &errOnce{err}
	}
	return err
}
