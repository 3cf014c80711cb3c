package gate

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"
)

// questionFor is how long a person may take to answer.
const questionFor = 10 * time.Minute

// questions seals the state that travels with a question and comes back with the answer. Each can be used once.
type questions struct {
	secret []byte

	mu   sync.Mutex
	used map[string]time.Time // nonces of answers that came, until they expire by themselves
}

func newQuestions() *questions {
	return &questions{secret: []byte(rand.Text()), used: map[string]time.Time{}}
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
func (q *questions) redeem(state, digest string, now time.Time) error {
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
	q.mu.Lock()
	defer q.mu.Unlock()
	for nonce, until := range q.used {
		if !now.Before(until) {
			delete(q.used, nonce)
		}
	}
	if _, ok := q.used[a.Nonce]; ok {
		return errors.New("was used already")
	}
	q.used[a.Nonce] = a.Expires
	return nil
}
