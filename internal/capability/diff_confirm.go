package capability

import (
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// approvers compares who may approve what.
func (d *diff) approvers(old, new *Rules) {
	for _, is := range new.approvers {
		was := old.keyholder(is.Name)
		switch {
		case was == nil:
			d.add("new approver %s may decide about %s", is.Name, listLevels(is.May))
			continue
		case was.digest != is.digest:
			d.add("approver %s has another key", is.Name)
		}
		if !slices.Equal(was.May, is.May) {
			d.add("approver %s may decide about %s → %s", is.Name, listLevels(was.May), listLevels(is.May))
		}
	}
	for _, was := range old.approvers {
		if new.keyholder(was.Name) == nil {
			d.add("approver %s is gone", was.Name)
		}
	}
}

func (r *Rules) keyholder(name string) *keyholder {
	for i := range r.approvers {
		if r.approvers[i].Name == name {
			return &r.approvers[i]
		}
	}
	return nil
}

func listLevels(levels []dixaclient.Level) string {
	words := make([]string, len(levels))
	for i, l := range levels {
		words[i] = l.String()
	}
	return strings.Join(words, ", ")
}

// confirm compares whose yes calls of the tools wait for that the agent has in both; tools with the same change share a
// line.
func (d *diff) confirm(old, new *Agent) {
	var changes []string
	changed := map[string][]string{} // tools by change
	for _, t := range new.granted {
		was, is := old.asks(t), new.asks(t)
		if !old.Tool(t).Allowed || was == is {
			continue
		}
		change := was + " → " + is
		if changed[change] == nil {
			changes = append(changes, change)
		}
		changed[change] = append(changed[change], t.Name)
	}
	for _, change := range changes {
		d.add("%s: who is asked before %s: %s", new.Name, strings.Join(changed[change], ", "), change)
	}
}

// asks says whose yes a tool waits for; of its operations it is the one that waits for most.
func (a *Agent) asks(t *tools.Tool) string {
	asked := "nobody"
	for _, op := range t.Operations {
		switch whose, _, _ := a.Confirm(op); whose {
		case ConfirmApprover:
			return "an approver"
		case ConfirmClient:
			asked = "the client's user"
		}
	}
	return asked
}
