package console

import (
	"net/http"
	"strings"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/freeze"
)

// freeze stops an agent, or all.
func (k *Console) freeze(v *visit) {
	name, ok := k.named(v)
	if !ok {
		return
	}
	if _, err := v.rules.Agent(name); err != nil && name != freeze.Everyone {
		k.problem(v, http.StatusNotFound, sentence(err.Error()))
		return
	}
	reason := strings.TrimSpace(v.PostFormValue("reason"))
	if len(reason) > maxReason {
		v.warn("Nothing was frozen: the reason is longer than 1,000 bytes.")
	} else if _, err := k.freezer(v).Freeze(v.Context(), name, reason); err != nil {
		k.broken(v, admin.Undone(err, freeze.Label(name)+" could not be frozen"), err)
		return
	} else {
		v.tell(sentence(freeze.Label(name) + " is frozen: calls are refused from now on"))
	}
	k.backToAgent(v, name)
}

// thaw ends the freeze of an agent, or of all.
func (k *Console) thaw(v *visit) {
	name, ok := k.named(v)
	if !ok {
		return
	}
	switch was, err := k.freezer(v).Thaw(v.Context(), name); {
	case err != nil:
		k.broken(v, admin.Undone(err, freeze.Label(name)+" could not be thawed"), err)
		return
	case !was:
		v.warn("There is no freeze of " + freeze.Label(name) + ".")
	default:
		v.tell(sentence("the freeze of " + freeze.Label(name) + " has ended"))
	}
	k.backToAgent(v, name)
}

// named returns the agent of an address, or the name that stands for all agents.
func (k *Console) named(v *visit) (string, bool) {
	name := v.PathValue("agent")
	switch {
	case k.Freezes == nil:
		k.problem(v, http.StatusNotFound, "There is no such page.")
	case name == "":
		return freeze.Everyone, true
	case name == freeze.Everyone || !freeze.ValidName(name):
		k.problem(v, http.StatusNotFound, "There is no such agent.")
	default:
		return name, true
	}
	return "", false
}

func (k *Console) freezer(v *visit) *admin.Freezer {
	return &admin.Freezer{Store: k.Freezes, Audit: k.Audit, Key: k.Operator, Digest: v.rules.Digest(), Now: k.Now}
}

// backToAgent leads to the page of an agent, or to all.
func (k *Console) backToAgent(v *visit, name string) {
	to := "/agents"
	if _, err := v.rules.Agent(name); err == nil {
		to += "/" + name
	}
	http.Redirect(v.ResponseWriter, v.Request, to, http.StatusSeeOther)
}
