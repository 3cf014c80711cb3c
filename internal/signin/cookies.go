package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"dixa-mcp/internal/seal"
)

// cookies keep in a browser what was asked for, until the person has signed in.
type cookies struct {
	box    seal.Box
	secure bool // browsers reach the server by https
	now    func() time.Time
}

// name returns the name of the cookie of a sign-in.
func (k cookies) name(state string) string {
	return k.prefix() + state[:min(len(state), 10)]
}

// prefix begins the names of our cookies. By the prefix __Host- a browser takes them from this host alone, over https.
func (k cookies) prefix() string {
	if k.secure {
		return "__Host-dixa-mcp-"
	}
	return "dixa-mcp-"
}

// set gives the browser what was asked for, encrypted, under the state that the provider sends back. Of the sign-ins that
// a browser began, the latest are kept.
func (k cookies) set(w http.ResponseWriter, r *http.Request, state string, asked request) error {
	text, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	value := encode(k.box.Close(text, state))
	if len(value) > maxCookie {
		return errors.New("client_id, redirect_uri and state are too long together")
	}
	var others []string
	for _, c := range r.Cookies() {
		if name, ok := strings.CutPrefix(c.Name, k.prefix()); ok {
			others = append(others, name)
		}
	}
	for i := 0; i+maxSignIns <= len(others); i++ {
		k.end(w, others[i])
	}
	http.SetCookie(w, k.of(state, value, int(signInFor.Seconds())))
	return nil
}

func (k cookies) of(state, value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: k.name(state), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode}
}

// end removes the cookie of a sign-in.
func (k cookies) end(w http.ResponseWriter, state string) {
	http.SetCookie(w, k.of(state, "", -1))
}

// read returns what was asked for when the browser began the sign-in of a state.
func (k cookies) read(r *http.Request, state string) (asked request, ok bool) {
	c, err := r.Cookie(k.name(state))
	if err != nil || state == "" {
		return asked, false
	}
	text, err := k.box.Open(decode(c.Value), state)
	if err != nil || json.Unmarshal(text, &asked) != nil {
		return asked, false
	}
	return asked, k.now().Before(time.Unix(asked.Expires, 0))
}
