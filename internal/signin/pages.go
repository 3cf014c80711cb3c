package signin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

//go:embed pages.css
var style string

//go:embed pages.html
var pagesSource string

var pages = sync.OnceValue(func() *template.Template { return template.Must(template.New("pages").Parse(pagesSource)) })

// styleHash lets the pages' own style through their Content-Security-Policy.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// pageWriter writes the pages that people see.
type pageWriter struct{ config *Config }

// consentView is what the consent page shows.
type consentView struct {
	Style                                        template.CSS
	State, Client, ClientID, Host, Agent, Person string
	Document, Registered, Local                  bool
	May                                          []string
}

// consent asks a person whether a client may use an agent.
func (p pageWriter) consent(w http.ResponseWriter, state string, client *Client, waits pending) {
	u, err := url.Parse(waits.Asked.Redirect)
	if err != nil {
		p.problem(w, http.StatusBadRequest, "The client's address cannot be read.")
		return
	}
	view := consentView{
		Style: template.CSS(style), State: state, Client: client.Name, ClientID: client.ID, Host: u.Host, Agent: waits.Asked.Agent, Person: waits.Person.String(),
		Document: client.kind == byDocument, Registered: client.kind == byRegister, Local: u.Scheme != "https",
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		view.Host = u.Scheme + ":"
	}
	if p.config.Describe != nil {
		view.May = p.config.Describe(waits.Asked.Agent)
	}
	p.write(w, http.StatusOK, "consent", view, formTarget(u))
}

// formTarget returns what the Content-Security-Policy must allow so that the answer to the page's form may lead to the client:
// browsers hold the redirect of a form against it.
func formTarget(u *url.URL) string {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return u.Scheme + ":"
	case strings.Contains(u.Host, "["): // which the policy cannot name
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// problem shows a page that says what went wrong.
func (p pageWriter) problem(w http.ResponseWriter, status int, text string) {
	p.write(w, status, "problem", struct {
		Style template.CSS
		Text  string
	}{template.CSS(style), text}, "")
}

// write writes a page that cannot be framed, without scripts.
func (p pageWriter) write(w http.ResponseWriter, status int, name string, view any, target string) {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, view); err != nil {
		p.config.Log.Error("a page could not be written", "error", err)
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return
	}
	form := "'none'"
	if target != "" {
		form = "'self' " + target
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash+"; form-action "+form+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, browsers would send the form's Origin as null
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may be gone
}
