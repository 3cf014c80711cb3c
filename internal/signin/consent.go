package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// consentFor is for how long a consent is remembered.
const consentFor = 30 * 24 * time.Hour

// pending is a person who signed in and has not answered the consent page.
type pending struct {
	Asked request `json:"asked"`
	Given
}

// remembered is a consent that is not asked for again.
type remembered struct {
	Expires time.Time `json:"expires"`
}

// askConsent shows the consent page, unless the person answered the same question lately.
func (s *Server) askConsent(w http.ResponseWriter, r *http.Request, state string, p pending) {
	client, err := s.client(r.Context(), p.Asked.Client)
	if err != nil {
		s.refused(r.Context(), ByClient, p.Person, p.Asked)
		s.pages.problem(w, http.StatusBadRequest, "The client cannot be accepted: "+err.Error()+".")
		return
	}
	known, err := s.remembers(r.Context(), client, p)
	if err == nil && known {
		s.grant(w, r, state, client, p)
		return
	}
	p.Asked.Expires = s.Now().Add(signInFor).Unix()
	if err == nil {
		err = s.cookies.set(w, r, state, p.Asked) // for as long as the page
	}
	if err == nil {
		err = s.Sessions.insert(r.Context(), kindPending, pendingName(state, p.Asked), p.Person, p, time.Unix(p.Asked.Expires, 0))
	}
	if err != nil {
		s.unavailable(w, err)
		return
	}
	w.Header().Set("Location", s.Config.Issuer+consentPath+"?"+url.Values{"state": {state}}.Encode()) // so that loading it again does not repeat the provider's answer
	w.WriteHeader(http.StatusSeeOther)
}

// pendingName names what is stored by what only the browser's encrypted cookie says.
func pendingName(state string, asked request) string { return hashOf(state + asked.Verifier).String() }

func (s *Server) unavailable(w http.ResponseWriter, err error) {
	s.warn("a person could not sign in", err)
	s.pages.problem(w, http.StatusServiceUnavailable, "The server's storage cannot be used now. Go back to the client and connect again in a minute.")
}

// pending returns what waits for an answer to the consent page in this browser, its client, and what is stored of it.
func (s *Server) pending(w http.ResponseWriter, r *http.Request, state string) (p pending, client *Client, stored string, ok bool) {
	asked, ok := s.cookies.read(r, state)
	var err error
	if ok {
		stored, err = s.Sessions.read(r.Context(), prefixOf(kindPending)+pendingName(state, asked), &p)
	}
	switch {
	case !ok || errors.Is(err, ErrEnded):
		s.pages.problem(w, http.StatusBadRequest, "This question was answered, was asked in another browser, or is more than 10 minutes old. Go back to the client and connect again.")
		return p, nil, "", false
	case err != nil:
		s.unavailable(w, err)
		return p, nil, "", false
	}
	if client, err = s.client(r.Context(), p.Asked.Client); err != nil {
		s.refused(r.Context(), ByClient, p.Person, p.Asked)
		s.pages.problem(w, http.StatusBadRequest, "The client cannot be accepted: "+err.Error()+".")
		return p, nil, "", false
	}
	return p, client, stored, true
}

// showConsent shows the consent page.
func (s *Server) showConsent(w http.ResponseWriter, r *http.Request) {
	state := r.URL.Query().Get("state")
	p, client, _, ok := s.pending(w, r, state)
	if !ok {
		return
	}
	s.pages.consent(w, state, client, p)
}

// decide takes the answer to the consent page.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if origin := r.Header.Get("Origin"); origin != "" && origin != originOf(s.Config.Issuer) || r.ParseForm() != nil || repeated(r.PostForm) {
		s.pages.problem(w, http.StatusForbidden, "The answer did not come from this server's page. Nothing was allowed.")
		return
	}
	state := r.PostForm.Get("state")
	p, client, stored, ok := s.pending(w, r, state)
	if !ok {
		return
	}
	key := prefixOf(kindPending) + pendingName(state, p.Asked)
	first, err := s.Sessions.shelf.Swap(r.Context(), key, stored, "", s.Now())
	switch {
	case err != nil:
		s.unavailable(w, err)
	case !first:
		s.pages.problem(w, http.StatusBadRequest, "This question was answered already.")
	case r.PostForm.Get("answer") != "allow":
		s.cookies.end(w, state)
		s.Log.Info("a person did not allow a client", "person", p.Person.String(), "agent", p.Asked.Agent, "client", client.ID)
		s.refused(r.Context(), Denied, p.Person, p.Asked)
		s.answer(w, p.Asked, url.Values{"error": {"access_denied"}, "error_description": {"the person did not allow it"}})
	default:
		if err := s.remember(r.Context(), client, p); err != nil {
			s.warn("a consent could not be remembered", err) // the person is asked again next time
		}
		s.grant(w, r, state, client, p)
	}
}

// grant gives the client a code.
func (s *Server) grant(w http.ResponseWriter, r *http.Request, state string, client *Client, p pending) {
	s.cookies.end(w, state)
	code, err := s.Sessions.AddCode(r.Context(), Grant{Client: client.ID, ClientName: client.Name, Resource: p.Asked.Resource, Agent: p.Asked.Agent, Given: p.Given}, p.Asked.Redirect, p.Asked.Challenge)
	if err != nil {
		s.unavailable(w, err)
		return
	}
	s.answer(w, p.Asked, url.Values{"code": {code}})
}

// mayRemember reports whether a consent may be remembered: not for a client that registered itself, which may claim to be any
// other, and not for an answer that any program of the person's machine could receive.
func mayRemember(client *Client, redirect string) bool {
	u, err := url.Parse(redirect)
	return err == nil && client.kind != byRegister && u.Scheme == "https"
}

// consentKey names a consent: of a person, for a client, a redirect URI and an agent.
func consentKey(p pending) string {
	return hashOf(p.Person.ID() + "\x00" + p.Asked.Client + "\x00" + p.Asked.Redirect + "\x00" + p.Asked.Agent).String()
}

func (s *Server) remembers(ctx context.Context, client *Client, p pending) (bool, error) {
	if !mayRemember(client, p.Asked.Redirect) {
		return false, nil
	}
	var was remembered
	_, err := s.Sessions.read(ctx, prefixOf(kindConsent)+consentKey(p), &was)
	if errors.Is(err, ErrEnded) {
		return false, nil
	}
	return err == nil && s.Now().Before(was.Expires), err
}

func (s *Server) remember(ctx context.Context, client *Client, p pending) error {
	if !mayRemember(client, p.Asked.Redirect) {
		return nil
	}
	key := prefixOf(kindConsent) + consentKey(p)
	old, err := s.Sessions.shelf.Get(ctx, key)
	if err != nil {
		return err
	}
	expires := s.Now().Add(consentFor)
	if old != "" {
		_, err = s.Sessions.swap(ctx, key, old, remembered{expires.UTC()}, expires)
		return err
	}
	return s.Sessions.insert(ctx, kindConsent, consentKey(p), p.Person, remembered{expires.UTC()}, expires)
}

// originOf returns the origin of an address.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
