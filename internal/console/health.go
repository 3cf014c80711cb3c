package console

import (
	"net/http"
	"time"

	"dixa-mcp/internal/admin"
)

// expiry is a key that expires.
type expiry struct {
	ID, Agent string
	Expires   *moment
	Soon      bool
}

// health shows the state of the server.
func (k *Console) health(v *visit) {
	now := k.config.Now()
	body := struct {
		admin.Readiness
		Checked, InForce, RefusedSince, SharedSince *moment
		File                                        string
		Checks                                      []Check
		Keys                                        []expiry
		Never                                       int // keys that never expire
	}{Readiness: k.config.Health.Report(v.Context()), File: v.rules.Name()}
	body.Checked, body.SharedSince = v.at(body.Dixa.Checked), v.at(body.Redis.Since)
	body.InForce, body.RefusedSince = v.at(body.Capabilities.Since), v.at(body.Capabilities.RefusedSince)
	if k.config.Checks != nil {
		body.Checks = k.config.Checks(v.Context())
	}
	soon := map[string]bool{}
	for _, key := range v.rules.ExpiringKeys(now) {
		soon[key.ID] = true
	}
	for _, key := range v.rules.Keys() {
		if key.Expires.IsZero() {
			body.Never++
			continue
		}
		body.Keys = append(body.Keys, expiry{key.ID, key.Agent, v.at(key.Expires), soon[key.ID] || !now.Before(key.Expires)})
	}
	v.show(http.StatusOK, "health.html", "/health", "Health", true, body)
}

// Certificate returns a check of when a certificate expires.
func Certificate(what string, expires, now time.Time) Check {
	c := Check{What: what, OK: expires.Sub(now) > soonIs, Says: "valid until " + expires.UTC().Format("2 January 2006")}
	if !now.Before(expires) {
		c.Says = "expired on " + expires.UTC().Format("2 January 2006")
	}
	return c
}

// soonIs is how long before it expires a certificate is mentioned.
const soonIs = 14 * 24 * time.Hour
