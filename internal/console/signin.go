package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"

	"dixa-mcp/internal/audit"
)

// entrance is where people sign in to the console, and out.
type entrance struct {
	config    *Config
	pages     *pages
	people    people
	sessions  *sessions
	strangers *audit.Strangers
}

// showSignIn shows the form for a key.
func (e *entrance) showSignIn(w http.ResponseWriter, r *http.Request) {
	if _, _, err := e.signedIn(r); err == nil {
		http.Redirect(w, r, nextPage(r.URL.Query().Get("next")), http.StatusSeeOther)
		return
	}
	e.form(w, http.StatusOK, r.URL.Query().Get("next"), "")
}

// form answers with the form for a key, and why it is shown again.
func (e *entrance) form(w http.ResponseWriter, status int, next, why string) {
	e.pages.render(w, status, "signin.html", frame{Title: "Sign in", Body: struct {
		Next, Why string
		Company   bool // there is the company's login
	}{next, why, e.config.Login != nil}})
}

// askSignIn leads a person who is not signed in to the form, and afterwards to the page they wanted.
func (e *entrance) askSignIn(w http.ResponseWriter, r *http.Request, why error) {
	if id, https := cookie(r); id != "" {
		setCookie(w, https, "")
	}
	next := ""
	if r.Method == http.MethodGet {
		next = r.URL.RequestURI()
	}
	if next == "/" && errors.Is(why, errNotSignedIn) {
		e.form(w, http.StatusUnauthorized, next, "")
		return
	}
	e.form(w, http.StatusUnauthorized, next, sentence(why.Error()))
}

// signIn begins a session for the holder of a key. The id of the session is always new: one that somebody else put into the
// browser opens nothing.
func (e *entrance) signIn(w http.ResponseWriter, r *http.Request) {
	next := r.PostFormValue("next")
	who, ok := e.people.recognize(sha256.Sum256([]byte(strings.TrimSpace(r.PostFormValue("key")))))
	if !ok {
		e.notRecognized(w, r, next)
		return
	}
	e.open(w, r, who, strings.HasPrefix(r.Header.Get("Origin"), "https://"))
	http.Redirect(w, r, nextPage(next), http.StatusSeeOther)
}

// open begins a session in a browser, ends the one that it had, and records that.
func (e *entrance) open(w http.ResponseWriter, r *http.Request, who *person, https bool) {
	if id, _ := cookie(r); id != "" {
		e.sessions.end(id)
	}
	https = https || r.TLS != nil
	setCookie(w, https, e.sessions.begin(who, https))
	e.config.Log.Info("signed in to the console", "role", who.Role, "name", who.Name, "key", who.KeyID, "address", r.RemoteAddr)
	e.record(r, audit.Record{Event: audit.EventSignIn}, who)
}

// record records what happened to a sign-in to the console. A person who is nil is not known: anybody can cause that.
func (e *entrance) record(r *http.Request, record audit.Record, who *person) {
	record.Client = "console"
	said := "could not sign in to the console"
	switch record.Event {
	case audit.EventSignIn:
		said = "signed in to the console"
	case audit.EventSignInEnded:
		said = "signed out of the console"
	case audit.EventSignInRefused:
		record.Decision = audit.Refused
	}
	by := cmp.Or(record.Person, "somebody")
	if who != nil {
		record.Person, record.Key = who.Name, who.KeyID
		by = cmp.Or(who.Name, "the "+string(who.Role))
		said += " as " + string(who.Role)
		switch {
		case who.email != "":
			said += " with the company's login"
		case who.KeyID == "":
			by, said = "somebody", said+" with a link from this machine"
		default:
			said += " with key " + who.KeyID
		}
	}
	record.Text = by + " " + said
	if record.Reason != "" {
		record.Text += ": " + record.Reason
	}
	if e.config.Audit == nil || who == nil && record.Person == "" && !e.strangers.Admit(&record, e.config.Now()) {
		return
	}
	if err := e.config.Audit.Write(context.WithoutCancel(r.Context()), record); err != nil {
		e.config.Log.Error("a sign-in to the console could not be recorded", "text", record.Text, "error", err)
	}
}

// refuse records a sign-in to the console that was refused.
func (e *entrance) refuse(r *http.Request, person, why string) {
	if from, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		why += ", from " + from
	}
	e.record(r, audit.Record{Event: audit.EventSignInRefused, Person: person, Reason: why}, nil)
}

// notRecognized answers an invalid key. A valid key is accepted however many invalid ones came from the same address.
func (e *entrance) notRecognized(w http.ResponseWriter, r *http.Request, next string) {
	status, why := http.StatusUnauthorized, "This key is not valid here: it must be the key of an approver, of an auditor or of the operator."
	from, many, first := e.config.Invalid.Add(r.RemoteAddr)
	if many {
		status, why = http.StatusTooManyRequests, "Too many invalid keys came from this address. Wait a minute, and try again."
		w.Header().Set("Retry-After", "60")
	}
	if first {
		e.config.Log.Warn("many invalid keys at the console", "address", from)
	}
	if e.config.Failed != nil {
		e.config.Failed(status)
	}
	e.refuse(r, "", "an invalid key")
	e.form(w, status, next, why)
}

// signOut ends a session.
func (e *entrance) signOut(w http.ResponseWriter, r *http.Request) {
	if s, who, err := e.signedIn(r); err == nil {
		if !s.holds(r) {
			e.pages.plainProblem(w, http.StatusForbidden, "You are still signed in: the page was opened in another sign-in. Open it again, and sign out there.")
			return
		}
		e.record(r, audit.Record{Event: audit.EventSignInEnded}, who)
	}
	if id, https := cookie(r); id != "" {
		e.sessions.end(id)
		setCookie(w, https, "")
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// Link returns the path of a link that opens the auditor's view, once and within an hour. A process on the server's machine hands
// it out, and what runs there may be an agent with a shell: deciding needs a key.
func (k *Console) Link() string { return "/link/" + k.entrance.sessions.link() }

// openLink begins a session of an auditor. The answer is a page that leads on, since browsers keep a cookie from a page to which
// another site redirects.
func (e *entrance) openLink(w http.ResponseWriter, r *http.Request) {
	if !e.sessions.take(r.PathValue("token")) {
		e.refuse(r, "", "a link that was used or is too old")
		e.form(w, http.StatusForbidden, "", "This link was used already, or is older than an hour. Make a new one, or sign in with a key.")
		return
	}
	e.open(w, r, &person{Role: auditors}, false)
	e.pages.render(w, http.StatusOK, "opening.html", frame{Title: "Opening the console"})
}

// setCookie gives the browser the id of a session; an empty id removes it.
func setCookie(w http.ResponseWriter, https bool, id string) {
	c := &http.Cookie{Name: cookieOpen, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(lifetime.Seconds())}
	if https {
		c.Name, c.Secure = cookieHTTPS, true
	}
	if id == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// nextPage returns the page to go to after the sign-in: one of the console.
func nextPage(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || path.Clean(u.Path) != u.Path || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}
