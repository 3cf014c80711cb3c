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

// keep gives the browser what it keeps during a sign-in at the provider; nothing removes it. The browser must send it when the
// provider's page leads back, which it does not with cookies that are for this site alone.
func (k *Console) keep(w http.ResponseWriter, r *http.Request, kept string) {
	c := &http.Cookie{Name: cookieOpen + loginCookie, Value: kept, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: loginFor}
	if k.overTLS(r) {
		c.Name, c.Secure = cookieHTTPS+loginCookie, true
	}
	if kept == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// overTLS reports whether people's browsers reach the console by https.
func (k *Console) overTLS(r *http.Request) bool { return r.TLS != nil || k.HTTPS }

// beginLogin sends a person to the company's provider.
func (k *Console) beginLogin(w http.ResponseWriter, r *http.Request) {
	address, kept, err := k.Login.Begin(r.Context())
	if err != nil {
		k.Log.Warn("a person could not sign in to the console", "error", err)
		k.signInForm(w, http.StatusServiceUnavailable, "", "The company's login cannot be reached. Try again later, or sign in with a key.")
		return
	}
	k.keep(w, r, kept)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finishLogin takes the provider's answer, and begins a session if the person is an approver.
func (k *Console) finishLogin(w http.ResponseWriter, r *http.Request) {
	kept, name := "", cookieOpen+loginCookie
	if k.overTLS(r) {
		name = cookieHTTPS + loginCookie
	}
	if c, err := r.Cookie(name); err == nil {
		kept = c.Value
	}
	k.keep(w, r, "")
	found, err := k.Login.Finish(r.Context(), kept, r.URL.Query())
	if err != nil {
		k.Log.Warn("a person could not sign in to the console", "error", err)
		k.refuse(r, "", "the company's login")
		k.signInForm(w, http.StatusForbidden, "", "You could not be signed in. Try again; the log of dixa-mcp says why.")
		return
	}
	who, ok := k.known(found.Email)
	if !ok {
		k.Log.Info("a person who is not an approver signed in at the provider", "person", found.String())
		if k.Failed != nil {
			k.Failed(http.StatusForbidden)
		}
		why := errors.New("no approver in the capability file has the e-mail address " + found.Email)
		if found.Email == "" {
			why = errors.New("the company's login gives no verified e-mail address for you, by which the capability file names approvers")
		}
		k.refuse(r, found.String(), "no approver has this verified e-mail address")
		k.signInForm(w, http.StatusForbidden, "", sentence(why.Error()))
		return
	}
	k.open(w, r, who, k.overTLS(r))
	k.render(w, http.StatusOK, "opening.html", frame{Title: "Opening the console"})
}
