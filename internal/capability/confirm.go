package capability

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Confirm says whose approval a call waits for.
type Confirm string

// The values of [Confirm].
const (
	ConfirmNobody   Confirm = ""
	ConfirmClient   Confirm = "client"   // the person at the agent's MCP client
	ConfirmApprover Confirm = "approver" // a person under approvers
)

var confirmWords = []string{string(ConfirmClient), string(ConfirmApprover)}

// Confirm says whose approval the operation waits for when this agent carries it out, by which key of the file, such as
// agents.support.confirm.send, and on which line. The key is "" and the line 0 where it does not wait. An
// operation's own entry beats its level's; a level without an entry has that of the next one below it.
func (s *settings) Confirm(op *dixaclient.Spec) (whose Confirm, rule string, line int) {
	c := s.confirming(op)
	if c == nil {
		return ConfirmNobody, "", 0
	}
	return c.whose, c.key, c.line
}

func (s *settings) confirming(op *dixaclient.Spec) *confirming {
	entries := s.source.Confirm.value
	for _, c := range entries {
		if c.tool != nil && c.tool.Name == op.Name {
			return c
		}
	}
	return entries.of(op.Level)
}

// AskedAtClient returns the names of the granted operations that wait for the person at the agent's MCP client.
func (a *Agent) AskedAtClient() []string {
	var names []string
	for _, t := range a.Tools() {
		for _, op := range t.Operations {
			if c := a.confirming(op); c != nil && c.whose == ConfirmClient && a.Operation(op.Name).Allowed && !slices.Contains(names, op.Name) {
				names = append(names, op.Name)
			}
		}
	}
	return names
}

// of returns the entry that holds for a level: its own, or that of the next one below it.
func (entries confirms) of(l dixaclient.Level) *confirming {
	var nearest *confirming
	for _, c := range entries {
		if c.tool == nil && c.level <= l && (nearest == nil || c.level > nearest.level) {
			nearest = c
		}
	}
	return nearest
}

// confirms are an agent's entries under confirm.
type confirms []*confirming

// confirming is one of them, for a level or for an operation.
type confirming struct {
	at                     // of its key
	tool  *tools.Tool      // nil: for a level
	level dixaclient.Level // the operation's, where it is for one
	whose Confirm
	asks  *asking // which approvers, nil for all
	also  *asking // in [Both], of the other file
}

func (r *confirms) decode(d *decoder, n *yaml.Node, key string) {
	for name, node := range d.pairs(n, key) {
		c, ok := d.confirmed(name)
		if !ok || !d.plain(node, name.key) {
			continue
		}
		if node.Kind == yaml.MappingNode {
			c.whose, c.asks = ConfirmApprover, &asking{}
			d.read(c.asks, node, name.key)
			*r = append(*r, c)
			continue
		}
		text, ok := d.text(node, name.key)
		if c.whose = Confirm(text); ok && !slices.Contains(confirmWords, text) {
			d.fail(place(node, name.key), "must be client or approver, not %.80q%s", text, didYouMean(text, confirmWords))
			continue
		}
		*r = append(*r, c)
	}
}

// confirmed reads what is to be confirmed: a level or an operation, which must change something.
func (d *decoder) confirmed(name word) (*confirming, bool) {
	c := &confirming{at: name.at}
	if level, ok := dixaclient.ParseLevel(name.text); ok {
		c.level = level
	} else if _, known := d.catalog.operations[name.text]; !known && d.catalog.composites[name.text] == nil {
		d.fail(name.at, "there is no level and no tool %.80q%s", name.text, didYouMean(name.text, slices.Concat(waitingWords, d.catalog.names)))
		return nil, false
	} else if c.tool = d.operation(name.at, name.text); c.tool == nil {
		return nil, false
	} else {
		c.level = c.tool.Level
	}
	if c.level == dixaclient.Read {
		d.fail(name.at, "only reads; confirm takes the levels %s and their operations", strings.Join(waitingWords, ", "))
		return nil, false
	}
	return c, true
}

// checkConfirm refuses entries that wait for an approver when there is none who may decide: they could never be carried
// out.
func (d *decoder) checkConfirm(entries confirms, approvers dict[approver]) {
	for _, c := range entries {
		may := func(e entry[approver]) bool {
			unread := func(w waiting) bool { return w.line == 0 } // wrong, and said already
			return e.value.May.line == 0 || slices.ContainsFunc(e.value.May.value, unread) || e.value.decides(c.level)
		}
		d.checkAsking(c, approvers)
		if c.whose == ConfirmApprover && !slices.ContainsFunc(approvers.entries, may) {
			d.fail(c.at, "waits for an approver, and no one under approvers may decide about %s: it could never be carried out", c.level)
		}
	}
}
