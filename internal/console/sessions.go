package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	idle        = 30 * time.Minute // after which an unused session ends
	lifetime    = 12 * time.Hour   // after which a session ends in any case
	linkFor     = time.Hour        // in which a link can be opened, once
	mostOpen    = 1000             // sessions; a further one ends the least recently used
	mostLinks   = 100
	refreshes   = "X-Console-Refresh" // a page that keeps itself up to date does not keep its session alive
	tokenField  = "token"
	cookieOpen  = "dixa-mcp-console"
	cookieHTTPS = "__Host-dixa-mcp-console" // which browsers take from this host alone, over https
)

// session is that of a browser in which a person signed in.
type session struct {
	who    *person
	secret []byte // of the tokens of pages
	https  bool   // by which address the browser reaches the console

	began, used time.Time

	mu   sync.Mutex
	news *news // of the last change, shown once
}

// news tells what was done.
type news struct {
	Text string
	Bad  bool
}

// tell keeps a message for the next page.
func (s *session) tell(text string) { s.set(&news{Text: text}) }

// warn keeps a message about something that was not done.
func (s *session) warn(text string) { s.set(&news{text, true}) }

func (s *session) set(n *news) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news = n
}

// told returns the message of the last change, once.
func (s *session) told() *news {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.news
	s.news = nil
	return n
}

// token returns the token of a form, which is for one address in one session.
func (s *session) token(action string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(action))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// holds reports whether a request has the token of the form that it comes from.
func (s *session) holds(r *http.Request) bool {
	return hmac.Equal([]byte(r.PostFormValue(tokenField)), []byte(s.token(r.URL.Path)))
}

// sessions are the sessions and links of this process. It is safe for concurrent use.
type sessions struct {
	now func() time.Time

	mu    sync.Mutex
	open  map[[sha256.Size]byte]*session // by the SHA-256 of the cookie
	links map[[sha256.Size]byte]time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, open: map[[sha256.Size]byte]*session{}, links: map[[sha256.Size]byte]time.Time{}}
}

// begin opens a session and returns its id.
func (s *sessions) begin(who *person, https bool) (id string) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.open) >= mostOpen {
		var oldest [sha256.Size]byte
		var used time.Time
		for digest, one := range s.open {
			if used.IsZero() || one.used.Before(used) {
				oldest, used = digest, one.used
			}
		}
		delete(s.open, oldest)
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	id = rand.Text() + rand.Text()
	s.open[sha256.Sum256([]byte(id))] = &session{who: who, secret: secret, https: https, began: now, used: now}
	return id
}

// find returns the session of an id; used tells that a person uses it.
func (s *sessions) find(id string, https, used bool) (*session, bool) {
	digest, now := sha256.Sum256([]byte(id)), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[digest]
	if found == nil || found.https != https {
		return nil, false
	}
	if now.Sub(found.used) >= idle || now.Sub(found.began) >= lifetime {
		delete(s.open, digest)
		return nil, false
	}
	if used {
		found.used = now
	}
	return found, true
}

// end ends a session.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(id)))
}

// link makes a token that opens the auditor's view once.
func (s *sessions) link() string {
	token, now := rand.Text()+rand.Text(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for digest, until := range s.links {
		if !now.Before(until) || len(s.links) >= mostLinks {
			delete(s.links, digest)
		}
	}
	s.links[sha256.Sum256([]byte(token))] = now.Add(linkFor)
	return token
}

// take uses the token of a link, which works once.
func (s *sessions) take(token string) bool {
	digest := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.links[digest]
	delete(s.links, digest)
	return ok && s.now().Before(until)
}

// Errors of signedIn.
var (
	errNotSignedIn = errors.New("")
	errEnded       = errors.New("your sign-in has ended; sign in again")
	errKeyGone     = errors.New("your key is no longer in the capability file, so your sign-in has ended")
)

// cookie returns the id of the session that a request names, and whether it is one for https. Of two cookies, the one that only
// this host can have set is taken; over TLS it is the only one.
func cookie(r *http.Request) (id string, https bool) {
	if c, err := r.Cookie(cookieHTTPS); err == nil {
		return c.Value, true
	}
	if c, err := r.Cookie(cookieOpen); err == nil && r.TLS == nil {
		return c.Value, false
	}
	return "", false
}

// visit returns the request of a person who is signed in.
func (e *entrance) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	s, who, err := e.signedIn(r)
	return &visit{s, who, e.config.Rules(), e.pages, w, r}, err
}

// signedIn returns the session of a request, with the person under the rules in force now.
func (e *entrance) signedIn(r *http.Request) (*session, *person, error) {
	id, https := cookie(r)
	if id == "" {
		return nil, nil, errNotSignedIn
	}
	s, ok := e.sessions.find(id, https, r.Header.Get(refreshes) == "")
	if !ok {
		return nil, nil, errEnded
	}
	who, ok := e.people.stillIs(s.who)
	if !ok {
		e.sessions.end(id)
		return nil, nil, errKeyGone
	}
	return s, who, nil
}
