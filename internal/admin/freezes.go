package admin

import (
	"fmt"
	"net/http"

	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/freeze"
)

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
	mark, err := p.freezer().Freeze(r.Context(), name, why)
	if err != nil {
		p.broken(w, Undone(err, freeze.Label(name)+" could not be frozen"), err)
		return
	}
	answer(w, mark)
}

// thaw ends the freeze of an agent, or of all. A freeze of an agent that no longer exists can always be removed.
func (p *port) thaw(w http.ResponseWriter, r *http.Request) {
	name, ok := p.named(w, r)
	if !ok {
		return
	}
	was, err := p.freezer().Thaw(r.Context(), name)
	switch {
	case err != nil:
		p.broken(w, Undone(err, freeze.Label(name)+" could not be thawed"), err)
	case !was:
		web.Refuse(w, http.StatusNotFound, "there is no freeze of "+freeze.Label(name))
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *port) freezer() *Freezer {
	return &Freezer{p.Freezes, p.Audit, p.Key, p.Rules().Digest(), p.Now}
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

// broken answers that something here does not work. How is the operator's to know, from the log.
func (p *port) broken(w http.ResponseWriter, what string, err error) {
	p.Log.Error("admin port: "+what, "error", err)
	web.Refuse(w, http.StatusServiceUnavailable, what+"; the log of dixa-mcp says why")
}
