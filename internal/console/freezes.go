package console

import (
	"net/http"
	"strings"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/freeze"
)

// freezePages stop agents and end that.
type freezePages struct{ config *Config }

// freeze stops an agent, or all.
func (f freezePages) freeze(v *visit) {
	name, ok := f.named(v)
	if !ok {
		return
	}
	if _, err := v.rules.Agent(name); err != nil && name != freeze.Everyone {
		v.problem(http.StatusNotFound, sentence(err.Error()))
		return
	}
	reason := strings.TrimSpace(v.PostFormValue("reason"))
	if len(reason) > maxReason {
		v.warn("Nothing was frozen: the reason is longer than 1,000 bytes.")
	} else if _, err := f.freezer(v).Freeze(v.Context(), name, reason); err != nil {
		v.broken(admin.Undone(err, freeze.Label(name)+" could not be frozen"), err)
		return
	} else {
		v.tell(sentence(freeze.Label(name) + " is frozen: calls are refused from now on"))
	}
	f.back(v, name)
}

// thaw ends the freeze of an agent, or of all.
func (f freezePages) thaw(v *visit) {
	name, ok := f.named(v)
	if !ok {
		return
	}
	switch was, err := f.freezer(v).Thaw(v.Context(), name); {
	case err != nil:
		v.broken(admin.Undone(err, freeze.Label(name)+" could not be thawed"), err)
		return
	case !was:
		v.warn("There is no freeze of " + freeze.Label(name) + ".")
	default:
		v.tell(sentence("the freeze of " + freeze.Label(name) + " has ended"))
	}
	f.back(v, name)
}

// named returns the agent of an address, or the name that stands for all agents.
func (f freezePages) named(v *visit) (string, bool) {
	name := v.PathValue("agent")
	switch {
	case name == "":
		return freeze.Everyone, true
	case name == freeze.Everyone || !freeze.ValidName(name):
		v.problem(http.StatusNotFound, "There is no such agent.")
	default:
		return name, true
	}
	return "", false
}

func (f freezePages) freezer(v *visit) *admin.Freezer {
	return &admin.Freezer{Store: f.config.Freezes, Audit: f.config.Audit, Key: f.config.Operator, Digest: v.rules.Digest(), Now: f.config.Now}
}

// back leads to the page of an agent, or to all.
func (f freezePages) back(v *visit, name string) {
	to := "/agents"
	if _, err := v.rules.Agent(name); err == nil {
		to += "/" + name
	}
	http.Redirect(v.ResponseWriter, v.Request, to, http.StatusSeeOther)
}
