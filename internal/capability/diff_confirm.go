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
			d.add(widens, "new approver %s may decide about %s", is.Name, listLevels(is.May))
			continue
		case was.digest != is.digest:
			d.add(differs, "approver %s has another key", is.Name)
		}
		if lowerASCII(was.Email) != lowerASCII(is.Email) {
			d.add(direction{was.Email != "", is.Email != ""}, "approver %s may decide about what agents ask for %s → %s", is.Name, othersThan(was.Email), othersThan(is.Email))
		}
		if !slices.Equal(was.May, is.May) {
			more := slices.ContainsFunc(is.May, func(l dixaclient.Level) bool { return !was.Decides(l) })
			less := slices.ContainsFunc(was.May, func(l dixaclient.Level) bool { return !is.Decides(l) })
			d.add(direction{more, less}, "approver %s may decide about %s → %s", is.Name, listLevels(was.May), listLevels(is.May))
		}
	}
	for _, was := range old.approvers {
		if new.keyholder(was.Name) == nil {
			d.add(narrows, "approver %s is gone", was.Name)
		}
	}
}

// othersThan says for whom agents may have asked, so that an approver with an address may decide.
func othersThan(email string) string {
	if email == "" {
		return "everybody"
	}
	return "everybody but " + email
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

// confirm compares who must confirm calls of the tools that the agent has in both; tools with the same change share a
// line.
func (d *diff) confirm(old, new *Agent) {
	type change struct{ was, is Confirm }
	var changes []change
	changed := map[change][]string{} // tools by change
	for _, t := range new.granted {
		c := change{old.asks(t), new.asks(t)}
		if !old.Operation(t.Name).Allowed || c.was == c.is {
			continue
		}
		if changed[c] == nil {
			changes = append(changes, c)
		}
		changed[c] = append(changed[c], t.Name)
	}
	for _, c := range changes {
		less := c.is.rank() < c.was.rank()
		d.add(direction{less, !less}, "%s: who is asked before %s: %s → %s", new.Name, strings.Join(changed[c], ", "), c.was.who(), c.is.who())
	}
}

// asks says whose confirmation a tool waits for; of its operations it is the one that waits for most.
func (s *settings) asks(t *tools.Tool) (asked Confirm) {
	for _, op := range t.Operations {
		if whose, _, _ := s.Confirm(op); whose.rank() > asked.rank() {
			asked = whose
		}
	}
	return asked
}

// rank orders confirmations from the weakest to the strictest.
func (c Confirm) rank() int { return slices.Index(append([]string{""}, confirmWords...), string(c)) }

// who names whose confirmation it is.
func (c Confirm) who() string {
	return map[Confirm]string{ConfirmNobody: "nobody", ConfirmClient: "the client's user", ConfirmApprover: "an approver"}[c]
}
