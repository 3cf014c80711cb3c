package signin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/identity"
)

const (
	signInFor = 10 * time.Minute // for how long a person may take to sign in, and again to answer the consent page
	maxState  = 1024             // bytes of a client's state
	maxCookie = 3800             // bytes; browsers drop cookies over 4,096
	// maxSignIns is how many sign-ins one browser may have begun at a time. Each is a cookie.
	maxSignIns = 5
)

// request is what a client asks for, as a cookie carries it through the sign-in at the provider: nothing is stored for people
// who have not signed in, and only the browser that began can go on.
type request struct {
	Client    string `json:"c"`
	Redirect  string `json:"r"`
	State     string `json:"s,omitzero"` // of the client
	Challenge string `json:"h"`
	Resource  string `json:"u"`
	Agent     string `json:"a,omitzero"` // "": the first that the person may use
	Nonce     string `json:"n"`          // for the provider
	Verifier  string `json:"v"`          // for the provider
	Expires   int64  `json:"e"`          // seconds
}

// authorize begins a sign-in: it checks what a client asks for and sends the person to the provider.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || repeated(q) {
		s.pages.problem(w, http.StatusBadRequest, "The client's request cannot be read, or has a parameter more than once.")
		return
	}
	client, err := s.client(r.Context(), q.Get("client_id"))
	if err != nil {
		s.refused(r.Context(), ByClient, identity.Person{}, request{Client: q.Get("client_id")})
		s.pages.problem(w, http.StatusBadRequest, "The client cannot be accepted: "+err.Error()+".")
		return
	}
	redirect := q.Get("redirect_uri")
	if !client.allows(redirect) {
		s.refused(r.Context(), ByClient, identity.Person{}, request{Client: client.ID})
		s.pages.problem(w, http.StatusBadRequest, "The client asks for the answer at an address that is not one of its own. Nothing was sent there.")
		return
	}
	asked := request{Client: client.ID, Redirect: redirect, State: q.Get("state"), Challenge: q.Get("code_challenge"), Resource: sameResource(q.Get("resource"))}
	if code, why := s.check(&asked, q); code != "" {
		s.refused(r.Context(), ByClient, identity.Person{}, asked)
		s.answer(w, asked, url.Values{"error": {code}, "error_description": {why}})
		return
	}
	state := rand.Text()
	asked.Nonce, asked.Verifier, asked.Expires = rand.Text(), rand.Text()+rand.Text(), s.Now().Add(signInFor).Unix()
	if err := s.cookies.set(w, r, state, asked); err != nil {
		asked.State = "" // it may be what is too long
		s.answer(w, asked, url.Values{"error": {"invalid_request"}, "error_description": {err.Error()}})
		return
	}
	at, err := s.provider.address(r.Context(), state, asked.Nonce, asked.Verifier)
	if err != nil {
		s.warn("a person could not sign in", err)
		s.refused(r.Context(), ByProvider, identity.Person{}, asked)
		s.answer(w, asked, url.Values{"error": {"temporarily_unavailable"}, "error_description": {"the company's provider cannot be reached; try again later"}})
		return
	}
	http.Redirect(w, r, at, http.StatusFound)
}

// check returns the error of OAuth for a request that cannot be granted, and sets its agent.
func (s *Server) check(asked *request, q url.Values) (code, why string) {
	var ok bool
	asked.Agent, ok = s.agentOf(asked.Resource)
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "response_type must be code"
	case q.Has("request") || q.Has("request_uri"):
		return "request_not_supported", "request objects are not supported"
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return "invalid_request", "response_mode must be query"
	case len(asked.State) > maxState:
		asked.State = ""
		return "invalid_request", fmt.Sprintf("state is over %d bytes", maxState)
	case q.Get("code_challenge_method") != "S256" || !isChallenge(asked.Challenge):
		return "invalid_request", "PKCE is required: code_challenge with code_challenge_method S256"
	case !ok:
		return "invalid_target", "resource must be " + s.Config.Issuer + "/mcp or " + s.Config.Issuer + "/mcp/AGENT"
	case q.Get("prompt") == "none":
		return "interaction_required", "a person has to sign in"
	}
	return "", ""
}

// isChallenge reports whether a text has the form of an S256 challenge.
func isChallenge(text string) bool {
	return len(text) == 43 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// sameResource returns a resource without the slash at its end, which some clients add.
func sameResource(resource string) string { return strings.TrimSuffix(resource, "/") }

// agentOf returns the agent that a resource names, "" for the resource that names none.
func (s *Server) agentOf(resource string) (agent string, ok bool) {
	rest, ok := strings.CutPrefix(resource, s.Config.Issuer+"/mcp")
	if !ok || rest == "" {
		return "", ok
	}
	agent, ok = strings.CutPrefix(rest, "/")
	return agent, ok && agent != "" && len(agent) <= 100 && !strings.ContainsAny(agent, "/?#%")
}

// answer sends the person back to the client with an answer, which names this server (RFC 9207).
func (s *Server) answer(w http.ResponseWriter, asked request, answer url.Values) {
	u, err := url.Parse(asked.Redirect)
	if err != nil {
		s.pages.problem(w, http.StatusBadRequest, "The client's address cannot be read.")
		return
	}
	if asked.State != "" {
		answer.Set("state", asked.State)
	}
	answer.Set("iss", s.Config.Issuer)
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += answer.Encode()
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", u.String())
	w.WriteHeader(http.StatusSeeOther) // a form must not be sent on
}

// callback takes the provider's answer.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	state := q.Get("state")
	asked, ok := s.cookies.read(r, state)
	if err != nil || repeated(q) || !ok {
		s.pages.problem(w, http.StatusBadRequest, "This sign-in was begun in another browser, or more than 10 minutes ago. Go back to the client and connect again.")
		return
	}
	if q.Get("error") != "" {
		s.refused(r.Context(), ByProvider, identity.Person{}, asked)
		s.cookies.end(w, state)
		s.answer(w, asked, url.Values{"error": {"access_denied"}, "error_description": {"the company's provider did not sign the person in"}})
		return
	}
	given, err := s.provider.exchange(r.Context(), q.Get("code"), q.Get("iss"), asked.Nonce, asked.Verifier)
	if err != nil {
		s.warn("a person could not sign in", err)
		s.refused(r.Context(), ByProvider, identity.Person{}, asked)
		s.cookies.end(w, state)
		code, why := "server_error", "the company's provider could not sign the person in; the server's log says why"
		if errors.Is(err, errUnreachable) {
			code, why = "temporarily_unavailable", "the company's provider cannot be reached; try again later"
		}
		s.answer(w, asked, url.Values{"error": {code}, "error_description": {why}})
		return
	}
	person := given.Person
	may := s.Agents(person)
	if asked.Agent == "" && len(may) > 0 {
		asked.Agent = may[0]
	}
	if !slices.Contains(may, asked.Agent) {
		s.Log.Info("a person may not use the agent", "person", person.String(), "agent", asked.Agent, "client", asked.Client)
		s.refused(r.Context(), NoAgent, person, asked)
		s.cookies.end(w, state)
		s.answer(w, asked, url.Values{"error": {"access_denied"}, "error_description": {person.String() + " may not use this agent; ask the server's operator"}})
		return
	}
	s.askConsent(w, r, state, pending{asked, given})
}
