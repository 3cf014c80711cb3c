package admin

import (
	"context"
	"fmt"
	"net/http"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/freeze"
)

// admin stands for whoever froze an agent here: the admin key belongs to no named person.
const admin = "admin"

func (p *port) listFreezes(w http.ResponseWriter, r *http.Request) {
	marks, err := p.Freezes.List(r.Context())
	if err != nil {
		p.broken(w, "the freezes cannot be read", err)
		return
	}
	answer(w, struct {
		Frozen map[string]freeze.Freeze `json:"frozen"` // by agent; _all is every one
	}{marks})
}

// freeze stops an agent, or all.
func (p *port) freeze(w http.ResponseWriter, r *http.Request) {
	name, ok := p.named(w, r)
	if !ok {
		return
	}
	if _, err := p.Rules().Agent(name); name != freeze.Everyone && err != nil {
		web.Refuse(w, http.StatusNotFound, err.Error())
		return
	}
	why, ok := reason(w, r)
	if !ok {
		return
	}
	mark := freeze.Freeze{By: admin, At: p.Now().UTC(), Reason: why}
	if err := p.Freezes.Set(r.Context(), name, mark); err != nil {
		p.broken(w, freeze.Label(name)+" could not be frozen", err)
		return
	}
	if p.recorded(w, r, audit.EventFreeze, "froze", name) {
		answer(w, mark)
	}
}

// thaw ends the freeze of an agent, or of all. A freeze of an agent that no longer exists can always be removed.
func (p *port) thaw(w http.ResponseWriter, r *http.Request) {
	name, ok := p.named(w, r)
	if !ok {
		return
	}
	was, err := p.Freezes.Remove(r.Context(), name)
	switch {
	case err != nil:
		p.broken(w, freeze.Label(name)+" could not be thawed", err)
	case !was:
		web.Refuse(w, http.StatusNotFound, "there is no freeze of "+freeze.Label(name))
	case p.recorded(w, r, audit.EventThaw, "thawed", name):
		w.WriteHeader(http.StatusNoContent)
	}
}

// named returns the agent in the path of a request, or the name that stands for all agents.
func (p *port) named(w http.ResponseWriter, r *http.Request) (string, bool) {
	name := r.PathValue("agent")
	switch {
	case name == "":
		return freeze.Everyone, true
	case name == freeze.Everyone || !freeze.ValidName(name):
		web.Refuse(w, http.StatusBadRequest, fmt.Sprintf("%.80q is not the name of an agent", name))
		return "", false
	}
	return name, true
}

// recorded keeps a record of what was done. A freeze that cannot be recorded holds all the same.
func (p *port) recorded(w http.ResponseWriter, r *http.Request, event audit.Event, did, name string) bool {
	record := audit.Record{Event: event, Key: p.Key.ID(), FileDigest: p.Rules().Digest(), Text: fmt.Sprintf("%s %s %s", admin, did, freeze.Label(name))}
	if name != freeze.Everyone {
		record.Agent = name
	}
	if err := p.Audit.Write(context.WithoutCancel(r.Context()), record); err != nil {
		p.broken(w, "it is done, but could not be recorded", err)
		return false
	}
	return true
}

// broken answers that something here does not work. How is the operator's to know, from the log.
func (p *port) broken(w http.ResponseWriter, what string, err error) {
	p.Log.Error("admin port: "+what, "error", err)
	web.Refuse(w, http.StatusServiceUnavailable, what+"; the log of dixa-mcp says why")
}
