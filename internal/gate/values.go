package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Values that do not exist are told with the nearest one that does. What exists is looked up as the agent, with its grants,
// its bound and its budget, and only when something is wrong: an argument is no id, Dixa refused the request, or found
// nothing. Values that Dixa may ignore where they do not exist are looked up before the request, and remembered.

const (
	// valueLookups is how many requests one call may take to find out about its values.
	valueLookups = 12
	// valuesFor is how long a value that exists is remembered.
	valuesFor = 10 * time.Minute
	// valuesMost is how many are remembered at once.
	valuesMost = 4096
	// longestName is how many bytes of a text are taken for the name of something.
	longestName = 200
)

// knownValues remembers values that exist, of what all agents see alike. That a value does not exist is not remembered: it
// may be new.
type knownValues struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (k *knownValues) has(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().Before(k.until[key])
}

func (k *knownValues) put(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.until) >= valuesMost {
		clear(k.until)
	}
	if k.until == nil {
		k.until = map[string]time.Time{}
	}
	k.until[key] = time.Now().Add(valuesFor)
}

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
	call  *call
	left  int
	lists map[string][]choice // that were read whole
}

func (c *call) values() *values {
	return &values{call: c, left: valueLookups, lists: map[string][]choice{}}
}

// granted tells whether the agent may look with an operation. One with a bound looks only at what all conversations have in
// common: a look-up of anything else could tell what is outside from what is missing.
func (v *values) granted(op *dixaclient.Spec) bool {
	a := v.call.agent
	return a.Operation(op.Name).Allowed && (a.Bound() == nil || op.Scope == dixaclient.Shared)
}

// sameAs tells whether the call is itself a call of an operation, which need not be asked twice.
func (v *values) sameAs(op *dixaclient.Spec) bool { return v.call.tool.Operations[0] == op }

// take takes one request from those that may be spent.
func (v *values) take() bool { v.left--; return v.left >= 0 }

// check finds out whether a value exists, and what is meant where it does not.
func (v *values) check(ctx context.Context, r dixaclient.Reference) verdict {
	if r.Thing == dixaclient.OptionThing {
		return v.option(ctx, r)
	}
	get, ok := getters[r.Thing]
	if ok && v.call.agent.Bound() != nil && get.op.Scope != dixaclient.Shared {
		return verdict{unchecked: true, said: "it cannot be checked for an agent that may only see some conversations"}
	}
	if ok && hasIDForm(r) {
		return v.checkByID(ctx, r, get)
	}
	l, ok := listingOf(r)
	if !ok {
		return v.unlisted(r)
	}
	key := strings.Join([]string{string(r.Thing), r.Of, string(r.In), r.Value}, "\x00")
	shared := l.op.Scope == dixaclient.Shared
	if shared && v.granted(l.op) && v.call.gate.known.has(key) {
		return right
	}
	found, all, said := v.find(ctx, l, r)
	switch {
	case said != "":
		return verdict{unchecked: true, said: said}
	case found != nil && found.inactive && v.mustBeActive():
		return wrong("the %s %s is deactivated", r.Thing, shown(*found))
	case found != nil && found.id != r.Value && !uuid.Is(r.Value) && r.Thing != dixaclient.EndpointThing:
		return wrong("it must be written %s: its case matters", quoted(found.id))
	case found != nil && r.Entity != "" && found.attribute != nil && found.attribute.EntityType != "" && found.attribute.EntityType != r.Entity:
		return wrong("the custom attribute %s is one of the entity type %s, not %s", shown(*found), found.attribute.EntityType, r.Entity)
	case found != nil:
		if shared && !found.inactive {
			v.call.gate.known.put(key)
		}
		return right
	}
	return wrong("%s", suggest(r, l.op.Name, all))
}

// mustBeActive tells whether the call sets what it names: what is deactivated can be searched for and taken away.
func (v *values) mustBeActive() bool {
	switch v.call.tool.Name {
	case dixaclient.TagConversation.Name, dixaclient.SetConversationAttributes.Name, dixaclient.SetEndUserAttributes.Name:
		return true
	}
	return false
}

// find looks for a value among those that are listed. Without it, all are given; said is why it could not be looked for.
func (v *values) find(ctx context.Context, l listing, r dixaclient.Reference) (found *choice, all []choice, said string) {
	if !v.granted(l.op) {
		return nil, nil, "this agent may not call " + l.op.Name + ", which lists valid values"
	}
	key := l.op.Name + "\x00" + r.Of
	list, read := v.lists[key]
	if read {
		return among(list, r.Value), list, ""
	}
	for page, err := range l.read(ctx, v.call.gate.client, r) {
		if err != nil {
			return nil, nil, l.op.Name + ", which lists valid values, could not be read"
		}
		if !v.take() {
			return nil, nil, "there are too many to look through; " + l.op.Name + " lists valid values"
		}
		list = append(list, page...)
		if found := among(page, r.Value); found != nil {
			return found, nil, ""
		}
	}
	v.lists[key] = list
	return nil, list, ""
}

func among(list []choice, id string) *choice {
	i := slices.IndexFunc(list, func(e choice) bool { return e.id == id })
	if i < 0 {
		i = slices.IndexFunc(list, func(e choice) bool { return strings.EqualFold(e.id, id) })
	}
	if i < 0 {
		return nil
	}
	return &list[i]
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
		return wrong("this is the id of %s %s, not of %s %s; see %s", article(other), other, article(r.Thing), r.Thing, finder(r.Thing))
	}
	return wrong("no %s has this id; see %s", r.Thing, finder(r.Thing))
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
		return "this agent may not call " + op.Name + ", which tells whether it exists"
	}
	return op.Name + ", which tells whether it exists, could not be read"
}

// unlisted returns the answer about what no operation lists.
func (v *values) unlisted(r dixaclient.Reference) verdict {
	if r.Thing == dixaclient.EndUserThing {
		return wrong("an end user is named by its id; list_end_users finds it by e-mail, phone or external id")
	}
	return verdict{unchecked: true, said: "nothing lists valid values"}
}

func finder(t dixaclient.Thing) string {
	if t == dixaclient.EndUserThing {
		return dixaclient.ListEndUsers.Name
	}
	return listings[t].op.Name
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

// suggestIDs adds to the refusal of arguments that are not ids which ids they may mean.
func (c *call) suggestIDs(ctx context.Context, args *tools.Arguments, err error) error {
	if c.agent == nil || c.tool == nil || !c.decision.Allowed {
		return err
	}
	v, op := c.values(), c.tool.Operations[0]
	var bad *schemas.Error
	if errors.As(err, &bad) {
		for i := range bad.Problems {
			p := &bad.Problems[i]
			if thing, _ := op.NamedThing(p.Field); p.Hint == "" && isName(p.Text) {
				p.Hint = v.meant(ctx, dixaclient.Reference{Thing: thing, Value: p.Text})
			}
		}
	}
	var input *dixaclient.InputError
	if args != nil && errors.As(err, &input) {
		for _, r := range op.References(args.In) {
			if !hasIDForm(r) && needsUUID(r.Thing) && isName(r.Value) {
				if said := v.meant(ctx, r); said != "" {
					input.Problem += "; " + r.Argument + ": " + said
				}
			}
		}
	}
	return err
}

// isName tells whether a text can be the name of something: it is short, people can see all of it, it is no piece of an
// address and none of our own placeholders.
func isName(s string) bool {
	if strings.Trim(s, ". ") == "" || len(s) > longestName || strings.Contains(s, "..") || strings.ContainsAny(s, `%?#{}\`) || strings.ContainsFunc(s, safetext.Unseen) {
		return false
	}
	placeholder, _ := view.FindPlaceholder(s)
	return placeholder == ""
}

// needsUUID tells whether the ids of things are UUIDs.
func needsUUID(t dixaclient.Thing) bool {
	switch t {
	case dixaclient.QueueThing, dixaclient.TagThing, dixaclient.AgentThing, dixaclient.TeamThing, dixaclient.EndUserThing:
		return true
	}
	return false
}

// meant says what a text that is no id may mean, "" where nothing can be said.
func (v *values) meant(ctx context.Context, r dixaclient.Reference) string {
	if r.Thing == dixaclient.EndUserThing {
		return v.endUser(ctx, r.Value)
	}
	l, ok := listingOf(r)
	if !ok || r.Thing == dixaclient.Nothing {
		return ""
	}
	_, all, said := v.find(ctx, l, r)
	if said != "" {
		return said
	}
	return suggest(r, l.op.Name, all)
}

// endUser finds an end user by what an agent wrote in place of an id.
func (v *values) endUser(ctx context.Context, value string) string {
	in := dixaclient.ListEndUsersIn{Page: dixaclient.Page{PageLimit: 2}}
	switch {
	case strings.Contains(value, "@"):
		in.Email = strings.TrimSpace(value)
	case strings.HasPrefix(value, "+"):
		in.Phone = strings.TrimSpace(value)
	}
	found := dixaclient.Answer[[]dixaclient.EndUser]{}
	if in.Email+in.Phone != "" && v.granted(dixaclient.ListEndUsers.Spec) && v.take() {
		var err error
		if found, err = dixaclient.ListEndUsers.Do(ctx, v.call.gate.client, in); err != nil {
			return "list_end_users could not be read"
		}
	}
	if len(found.Value) == 1 {
		return "the end user found by it has the id " + string(found.Value[0].ID)
	}
	return v.unlisted(dixaclient.Reference{Thing: dixaclient.EndUserThing}).said
}
