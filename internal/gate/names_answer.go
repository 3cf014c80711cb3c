package gate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// namesWithin is how long an answer waits for a list of names. Without it, it shows ids.
const namesWithin = 5 * time.Second

// callNames says what people call what a call's ids name: in its answer, in its record, and to whoever decides about it.
type callNames struct {
	call   *call
	byPath map[string]string // names of what arguments name, by their paths
}

// lookUp returns the names of what the ids in an answer name: those of the capability file, else those that the agent may
// list. A list is read at most once; for the answer to a write that is no plan none is.
func (n *callNames) lookUp(ctx context.Context) func(thing, id string) string {
	c := n.call
	v := c.values()
	reads := c.tool.Level == dixaclient.Read || c.tool.Plans() || c.tool.Compares()
	return func(thing, id string) string { return v.name(ctx, dixaclient.Thing(thing), id, reads) }
}

// anyOf are the things among which a name is looked for where an id can be of several.
var anyOf = []dixaclient.Thing{dixaclient.QueueThing, dixaclient.AgentThing, dixaclient.TagThing, dixaclient.AttributeThing}

// name returns the name of what has an id, "" where the agent is to see none. reads says whether a list may be read for it.
func (v *values) name(ctx context.Context, thing dixaclient.Thing, id string, reads bool) string {
	if thing == tools.AnyThing {
		for _, one := range anyOf {
			if name := v.name(ctx, one, id, reads); name != "" {
				return name
			}
		}
		return ""
	}
	for _, named := range v.call.rules.Names() {
		if named.Kind == capability.KindOf(thing) && strings.EqualFold(named.ID, id) {
			return named.Name
		}
	}
	switch thing {
	case dixaclient.OptionThing:
		return v.label(ctx, id, reads)
	case dixaclient.EndUserThing:
		return v.customer(ctx, id, reads)
	}
	l, ok := directory.Of(thing)
	if !ok {
		return ""
	}
	reads = reads && len(l.Also) == 0 // what takes several requests is not read for this
	all := v.forAnswer(ctx, l, reads, func(e directory.Entries) bool { return e.ByID(id) != nil }).Of(thing)
	if e := all.ByID(id); e != nil && e.Name() != id {
		return e.Name()
	}
	return ""
}

// mostCustomers is how many customers are looked up for one answer. Those after them are shown by their ids.
const mostCustomers = 5

// customer returns the name of an end user, else the address or number. No operation lists names, so that each is a read of its
// own, carried out as the agent: inside its bound, and counted against its budget.
func (v *values) customer(ctx context.Context, id string, reads bool) string {
	if name, ok := v.customers[id]; ok || !reads || len(v.customers) == mostCustomers || !v.call.agent.Operation(dixaclient.GetEndUser.Spec.Name).Allowed {
		return name
	}
	ctx, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	name := ""
	a, err := dixaclient.GetEndUser.Do(ctx, v.call.gate.client, dixaclient.EndUserRef{UserID: dixaclient.UUID(id)})
	if err == nil { // otherwise the answer shows the id
		name = cmp.Or(a.Value.DisplayName, a.Value.Email, a.Value.PhoneNumber)
	}
	if v.customers == nil {
		v.customers = map[string]string{}
	}
	v.customers[id] = name
	return name
}

// forAnswer returns a list as far as the agent may read it and it is known; reads says whether it may be read for this.
func (v *values) forAnswer(ctx context.Context, l directory.List, reads bool, enough func(directory.Entries) bool) (all directory.Entries) {
	switch {
	case !v.mayList(l):
	case reads:
		ctx, cancel := context.WithTimeout(ctx, namesWithin)
		defer cancel()
		all, _ = v.list(ctx, l, enough)
	default:
		all, _, _ = v.call.gate.directory.Known(l)
	}
	return all
}

// note notes the names of what the arguments name, for records and for whoever decides about the call: those that
// the caller wrote, else those that are known. reads says whether lists may be read for it. Options of custom attributes are
// not named: records keep only digests of what is set.
func (n *callNames) note(ctx context.Context, args *tools.Arguments, reads bool) {
	v := n.call.values()
	for _, r := range n.call.tool.References(args) {
		if n.byPath[r.Argument] != "" || r.Thing == dixaclient.EndUserThing || r.Thing == dixaclient.OptionThing {
			continue
		}
		if name := v.name(ctx, r.Thing, r.Value, reads); name != "" {
			if n.byPath == nil {
				n.byPath = map[string]string{}
			}
			n.byPath[r.Argument] = name
		}
	}
}

// did says what the call did and, where the answer is text, in whose name and with names in place of ids.
func (n *callNames) did(args *tools.Arguments) string {
	c := n.call
	did := c.tool.Done(c.arguments.Values, func(argument, value string) string {
		name := n.byPath[argument]
		switch {
		case name == "" || c.answer.inJSON():
			return value
		case c.agent.Answers() == capability.AnswersIDs:
			return quoted(name) + " (" + value + ")"
		}
		return quoted(name)
	})
	as := dixaclient.ActorOf(c.tool.Operations[0], args.In)
	if as == "" || c.answer.inJSON() {
		return did
	}
	if name := n.known(dixaclient.AgentThing, string(as)); name != "" {
		return did + " as " + quoted(name)
	}
	return did + " as " + string(as)
}

// known returns the name of what has an id, as far as it is known without a request; "" for none.
func (n *callNames) known(thing dixaclient.Thing, id string) string {
	return n.call.values().name(context.Background(), thing, id, false)
}

// inWords returns what people call the values of the call's arguments, by their paths: names of what they name, labels of options,
// and the words for Dixa's values.
func (n *callNames) inWords(ctx context.Context, args *tools.Arguments) edits {
	c := n.call
	v, shown := c.values(), edits{}
	for _, p := range c.tool.Schema().Properties() {
		if p.Words == nil {
			continue
		}
		given := args.Values.Get(p.Name)
		if i := slices.Index(p.Enum, given.Text()); i >= 0 {
			shown[p.Name] = p.Words[i]
		}
		several, _ := given.Is.([]any)
		for at, value := range several {
			if i := slices.IndexFunc(p.Enum, func(one string) bool { return one == value }); i >= 0 {
				shown[fmt.Sprintf("%s[%d]", p.Name, at)] = p.Words[i]
			}
		}
	}
	for _, r := range c.tool.References(args) {
		name := n.byPath[r.Argument]
		switch {
		case name != "":
		case r.Among.Set != nil:
			name = r.Among.Set.Word(r.Value)
		case r.Thing == dixaclient.EndUserThing:
			name = v.customer(ctx, r.Value, true)
		case r.Thing == dixaclient.OptionThing && len(r.Path) > 0:
			labels := slices.Clone(r.Path)
			for i := range labels {
				labels[i] = cmp.Or(v.label(ctx, view.OptionID(r.Of, r.Path[:i+1]...), true), labels[i])
			}
			shown.put(r, labels)
			continue
		}
		if name != "" {
			shown[r.Argument] = name
		}
	}
	return shown
}
