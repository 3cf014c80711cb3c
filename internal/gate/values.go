package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/view"
)

// Values that do not exist are told with the nearest one that does. What exists is looked up as the agent, with its grants,
// its bound and its budget, and only when something is wrong: an argument is no id, Dixa refused the request, or found
// nothing. Values that Dixa may ignore where they do not exist are looked up before the request, and remembered.

// valueLookups is how many requests one call may take to find out about its values.
const valueLookups = 12

// verdict is what was found out about a value.
type verdict struct {
	wrong     bool
	unchecked bool
	said      string // why it is wrong or could not be checked
}

var right = verdict{}

func wrong(format string, args ...any) verdict {
	return verdict{wrong: true, said: fmt.Sprintf(format, args...)}
}

// values finds out about the values of one call.
type values struct {
	call   *call
	left   int
	lists  map[string]directory.Entries // that this call read
	unread map[string]string            // why a list could not be read
	// customers are the names of end users that were looked up, "" for none, by their ids.
	customers map[string]string
	// stopped is an error of a look-up that is not about what was looked up, and stops the call.
	stopped error
}

func (c *call) values() *values {
	return &values{call: c, left: valueLookups, lists: map[string]directory.Entries{}, unread: map[string]string{}}
}

// granted tells whether the agent may look with an operation. One with a bound looks only at what all conversations have in
// common: a look-up of anything else could tell what is outside from what is missing.
func (v *values) granted(op *dixaclient.Spec) bool {
	a := v.call.agent
	return a.Operation(op.Name).Allowed && (a.Bound() == nil || op.Scope == dixaclient.Shared)
}

// mayList tells whether the agent may read a list. It may not see a list that another agent read and that it may not read.
func (v *values) mayList(l directory.List) bool {
	for _, r := range append([]directory.Request{l.Request}, l.Also...) {
		request, err := json.Marshal(r.In)
		if err != nil || !v.granted(r.Op) || !v.call.agent.Arguments(r.Op, request).Allowed {
			return false
		}
	}
	return true
}

// sameAs tells whether the call is itself a call of an operation, which need not be asked twice.
func (v *values) sameAs(op *dixaclient.Spec) bool { return v.call.tool.Operations[0] == op }

// take takes one request from those that may be spent.
func (v *values) take() bool { v.left--; return v.left >= 0 }

// check finds out whether a value exists, and what is meant where it does not.
func (v *values) check(ctx context.Context, r dixaclient.Reference) verdict {
	switch r.Thing {
	case dixaclient.OptionThing:
		return v.option(ctx, r)
	case dixaclient.WordThing: // Dixa's values are known, or not documented
		return right
	}
	get, ok := getters[r.Thing]
	if ok && v.call.agent.Bound() != nil && get.op.Scope != dixaclient.Shared {
		return verdict{unchecked: true, said: "it cannot be checked for an agent that may only see some conversations"}
	}
	if ok && hasIDForm(r) {
		return v.checkByID(ctx, r, get)
	}
	l, ok := directory.ListOf(r)
	if !ok {
		return v.unlisted(r)
	}
	found, all, said := v.find(ctx, l, r)
	switch {
	case said != "":
		return verdict{unchecked: true, said: said}
	case found == nil:
		return wrong("%s", suggest(v.call.agent, r, l.Op.Name, all.All))
	case found.Inactive && v.mustBeActive():
		return wrong("the %s %s is deactivated", r.Thing, shown(*found))
	case found.ID != r.Value && !uuid.Is(r.Value) && r.Thing != dixaclient.EndpointThing:
		return wrong("it must be written %s: its case matters", quoted(found.ID))
	case r.Entity != "" && found.Attribute != nil && found.Attribute.EntityType != "" && found.Attribute.EntityType != r.Entity:
		return wrong("the custom attribute %s is one of the entity type %s, not %s", shown(*found), found.Attribute.EntityType, r.Entity)
	}
	return right
}

// mustBeActive tells whether the call sets what it names: what is deactivated can be searched for and taken away.
func (v *values) mustBeActive() bool {
	switch v.call.tool.Name {
	case dixaclient.TagConversation.Spec.Name, dixaclient.SetConversationAttributes.Spec.Name, dixaclient.SetEndUserAttributes.Spec.Name:
		return true
	}
	return false
}

// find looks for an id among those that are listed. Without it, all are given; said is why it could not be looked for.
func (v *values) find(ctx context.Context, l directory.List, r dixaclient.Reference) (found *directory.Entry, all directory.Entries, said string) {
	all, said = v.list(ctx, l, func(e directory.Entries) bool { return e.Of(r.Thing).ByID(r.Value) != nil })
	if said != "" {
		return nil, all, said
	}
	all = all.Of(r.Thing)
	if found = all.ByID(r.Value); found == nil && !all.Whole {
		said = tooMany(v.call.agent, l.Op.Name)
	}
	return found, all, said
}

// list gives what is listed, as far as it is known already where that is enough. said is why it could not be read.
func (v *values) list(ctx context.Context, l directory.List, enough func(directory.Entries) bool) (all directory.Entries, said string) {
	if !v.mayList(l) {
		return all, "this agent may not look up valid values; give exactly the id that Dixa has"
	}
	if all, read := v.lists[l.Key()]; read || v.unread[l.Key()] != "" {
		return all, v.unread[l.Key()]
	}
	book := v.call.gate.directory
	if known, fresh, ok := book.Known(l); ok && (fresh || enough(known)) {
		return known, ""
	}
	if !v.take() {
		return all, "there is too much to look up in one call; give ids" + clause(v.call.agent, ", which %s lists", l.Op.Name)
	}
	all, err := book.Read(ctx, v.call.gate.client, l, v.take)
	if err != nil {
		v.stop(err)
		v.unread[l.Key()] = "valid values could not be read; try again, or give exactly the id that Dixa has"
		return all, v.unread[l.Key()]
	}
	v.lists[l.Key()] = all
	return all, ""
}

// checkByID asks for a thing by its id.
func (v *values) checkByID(ctx context.Context, r dixaclient.Reference, get getter) verdict {
	switch exists, asked := v.exists(ctx, get, r.Value); {
	case !asked:
		return verdict{unchecked: true, said: v.notAsked(get.op)}
	case exists:
		return right
	}
	other := map[dixaclient.Thing]dixaclient.Thing{dixaclient.AgentThing: dixaclient.EndUserThing, dixaclient.EndUserThing: dixaclient.AgentThing}[r.Thing]
	if other == "" {
		return wrong("no %s has this id", r.Thing)
	}
	if exists, asked := v.exists(ctx, getters[other], r.Value); asked && exists {
		return wrong("this is the id of %s %s, not of %s %s%s", article(other), other, article(r.Thing), r.Thing, clause(v.call.agent, "; see %s", finder(r.Thing)))
	}
	return wrong("no %s has this id%s", r.Thing, clause(v.call.agent, "; see %s", finder(r.Thing)))
}

// exists asks for a thing by its id. A thing for which the call itself asked in vain does not exist.
func (v *values) exists(ctx context.Context, get getter, id string) (exists, asked bool) {
	if v.sameAs(get.op) {
		return false, true
	}
	if !v.granted(get.op) || !v.take() {
		return false, false
	}
	err := get.read(ctx, v.call.gate.client, id)
	return err == nil, err == nil || dixaclient.IsNotFound(err)
}

func (v *values) notAsked(op *dixaclient.Spec) string {
	if !v.granted(op) {
		return "this agent may not look up whether it exists; compare it with where it comes from"
	}
	return "whether it exists could not be read; try again, or compare it with where it comes from"
}

// unlisted returns the answer about what no operation lists.
func (v *values) unlisted(r dixaclient.Reference) verdict {
	if r.Thing == dixaclient.EndUserThing {
		return wrong("an end user is named by its id%s", clause(v.call.agent, "; %s finds it by e-mail, phone or external id", dixaclient.ListEndUsers.Spec.Name))
	}
	return verdict{unchecked: true, said: "nothing lists valid values"}
}

// tooMany says that what an operation lists cannot be looked through, and where the right value is found.
func tooMany(a *capability.Agent, operation string) string {
	return "there are too many to look through; give the id" + clause(a, ", which %s lists", operation)
}

func finder(t dixaclient.Thing) string {
	if t == dixaclient.EndUserThing {
		return dixaclient.ListEndUsers.Spec.Name
	}
	l, _ := directory.Of(t)
	return l.Op.Name
}

func article(t dixaclient.Thing) string {
	if strings.ContainsRune("aeiou", rune(t[0])) {
		return "an"
	}
	return "a"
}

// hasIDForm tells whether a value can be an id of what it should name.
func hasIDForm(r dixaclient.Reference) bool {
	if r.Thing == dixaclient.ConversationThing {
		return number(r.Value) > 0
	}
	return uuid.Is(r.Value)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// isTitle tells whether a value can be a title, in which punctuation is common. A title is never sent to Dixa.
func isTitle(r dixaclient.Reference) bool {
	return (r.Thing == dixaclient.ArticleThing || r.Thing == dixaclient.CategoryThing) && view.IsName(strings.NewReplacer(".", "", "?", "", "#", "", "%", "").Replace(r.Value))
}
