package console

import (
	"errors"
	"net/http"
)

// CallbackPath is where the company's provider sends people back to.
const CallbackPath = "/sign-in/callback"

const (
	loginPath   = "/sign-in/company"
	loginCookie = "-login"
	loginFor    = 600 // seconds
)

// login has people sign in with the company's login.
type login struct {
	config   *Config
	entrance *entrance
}

// keep gives the browser what it keeps during a sign-in at the provider; nothing removes it. The browser must send it when the
// provider's page leads back, which it does not with cookies that are for this site alone.
func (l login) keep(w http.ResponseWriter, r *http.Request, kept string) {
	c := &http.Cookie{Name: cookieOpen + loginCookie, Value: kept, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: loginFor}
	if l.overTLS(r) {
		c.Name, c.Secure = cookieHTTPS+loginCookie, true
	}
	if kept == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// overTLS reports whether people's browsers reach the console by https.
func (l login) overTLS(r *http.Request) bool { return r.TLS != nil || l.config.HTTPS }

// begin sends a person to the company's provider.
func (l login) begin(w http.ResponseWriter, r *http.Request) {
	address, kept, err := l.config.Login.Begin(r.Context())
	if err != nil {
		l.config.Log.Warn("a person could not sign in to the console", "error", err)
		l.entrance.form(w, http.StatusServiceUnavailable, "", "The company's login cannot be reached. Try again later, or sign in with a key.")
		return
	}
	l.keep(w, r, kept)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finish takes the provider's answer, and begins a session if the person is an approver.
func (l login) finish(w http.ResponseWriter, r *http.Request) {
	kept, name := "", cookieOpen+loginCookie
	if l.overTLS(r) {
		name = cookieHTTPS + loginCookie
	}
	if c, err := r.Cookie(name); err == nil {
		kept = c.Value
	}
	l.keep(w, r, "")
	found, err := l.config.Login.Finish(r.Context(), kept, r.URL.Query())
	if err != nil {
		l.config.Log.Warn("a person could not sign in to the console", "error", err)
		l.entrance.refuse(r, "", "the company's login")
		l.entrance.form(w, http.StatusForbidden, "", "You could not be signed in. Try again; the log of dixa-mcp says why.")
		return
	}
	who, ok := l.entrance.people.known(found.Email)
	if !ok {
		l.config.Log.Info("a person who is not an approver signed in at the provider", "person", found.String())
		if l.config.Failed != nil {
			l.config.Failed(http.StatusForbidden)
		}
		why := errors.New("no approver in the capability file has the e-mail address " + found.Email)
		if found.Email == "" {
			why = errors.New("the company's login gives no verified e-mail address for you, by which the capability file names approvers")
		}
		l.entrance.refuse(r, found.String(), "no approver has this verified e-mail address")
		l.entrance.form(w, http.StatusForbidden, "", sentence(why.Error()))
		return
	}
	l.entrance.open(w, r, who, l.overTLS(r))
	l.entrance.pages.render(w, http.StatusOK, "opening.html", frame{Title: "Opening the console"})
}
