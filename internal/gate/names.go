package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/fold"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Names in arguments become ids before anything is decided about the arguments: rules, bounds, approvals and records have ids.
// A name of the capability file comes first, then those of the lists that the agent may read. What a name means is looked up
// only where an argument is no id, as the agent, within its budget.

// nameLookups is how many requests one call may take to find out what its names mean.
const nameLookups = 50

// understand reads the arguments of the call, and puts ids in place of names.
func (c *call) understand(ctx context.Context) (*tools.Arguments, error) {
	shape, reading := c.agent.Shape(c.tool), c.times.reading(ctx)
	args, err := shape.Decode(c.request.Arguments, reading)
	switch {
	case err == nil && !hasNames(c.tool, args):
		c.times.read = reading.Times
		return args, nil
	case err != nil && !errors.As(err, new(*schemas.Error)):
		return nil, err
	}
	plain := err == nil
	reading.Times = nil
	named, err := shape.Names(c.request.Arguments, reading)
	if err != nil {
		return nil, err
	}
	n := &naming{call: c, values: c.values(), shape: shape, plain: plain, found: map[string]meaning{}, written: map[string]string{}, names: map[string]string{}, attributes: map[string]string{}}
	n.values.left = nameLookups
	given, err := n.resolve(ctx, named)
	if err != nil {
		return nil, err
	}
	if args, err = shape.Decode(given, reading); err != nil {
		return nil, n.asWritten(err)
	}
	c.times.read, c.names.byPath = reading.Times, n.names
	return args, nil
}

func hasNames(t *tools.Tool, args *tools.Arguments) bool {
	for _, r := range t.References(args) {
		if isNamed(r) {
			return true
		}
	}
	return false
}

// isNamed reports whether a value is not in the form of the ids of what it names, so that it may be a name.
func isNamed(r dixaclient.Reference) bool {
	if r.Among.Set != nil {
		return !slices.Contains(r.Among.Values, r.Value)
	}
	switch r.Thing {
	case dixaclient.QueueThing, dixaclient.TagThing, dixaclient.AgentThing, dixaclient.TeamThing, dixaclient.AttributeThing, dixaclient.EndUserThing,
		dixaclient.ScheduleThing, dixaclient.CollectionThing, dixaclient.TemplateThing, dixaclient.WebhookThing,
		dixaclient.ArticleThing, dixaclient.CategoryThing:
		return !uuid.Is(r.Value)
	case dixaclient.ValueThing:
		return thingOfFilter[r.Of] != "" && !uuid.Is(r.Value)
	case dixaclient.OptionThing: // a label can look like a value
		return r.Of != "" && len(r.Path) > 0
	case dixaclient.EndpointThing:
		_, address := schemas.EmailAddress(r.Value)
		_, number := schemas.PhoneNumber(r.Value)
		return !address && !number
	case dixaclient.MetricThing, dixaclient.RecordThing: // their ids are words
		return dixaclient.Name(r.Value).Check() != nil
	case dixaclient.MessageThing:
		return strings.HasPrefix(strings.TrimSpace(r.Value), "#")
	}
	return false
}

// thingOfFilter says of which things the values of a filter of analytics are ids.
var thingOfFilter = map[string]dixaclient.Thing{"queue_id": dixaclient.QueueThing, "agent_id": dixaclient.AgentThing, "tag_id": dixaclient.TagThing}

// naming finds out what the names in the arguments of one call mean.
type naming struct {
	call    *call
	values  *values
	shape   *capability.Shape
	plain   bool               // the arguments fit the tool as they came
	found   map[string]meaning // by thing and name
	written map[string]string  // by id, what the caller wrote for it
	names   map[string]string  // of what arguments name, by their paths
	// attributes are the ids of custom attributes, by what the caller wrote
	attributes map[string]string
}

// meaning is what a name means.
type meaning struct {
	id   string
	path []string // of an option: the values from the root
	name string   // under which it is recorded; "" for customers
	said string   // why there is no id; "" where nothing is known beside that
	open bool     // it could not be looked up
}

func noID(format string, args ...any) meaning { return meaning{said: fmt.Sprintf(format, args...)} }

// resolve puts ids in place of the names in arguments.
func (n *naming) resolve(ctx context.Context, given schemas.Checked) (json.RawMessage, error) {
	if n.call.tool.Level > dixaclient.Read {
		if err := noPlaceholders(n.call.tool.Name, given.JSON, toolsFor(n.call.agent)); err != nil { // before anything is looked up
			return nil, err
		}
	}
	args, err := n.call.tool.Read(given.JSON)
	if err != nil {
		return nil, err
	}
	var wrong schemas.Error
	ids := edits{}
	for _, r := range optionsLast(n.call.tool.References(args)) {
		if !isNamed(r) {
			continue
		}
		m, err := n.meaning(ctx, args, r)
		switch {
		case err != nil:
			return nil, err
		case m.path != nil:
			ids.put(r, m.path)
		case m.id != "":
			if r.Thing == dixaclient.AttributeThing {
				n.attributes[r.Value] = m.id
			}
			ids[r.Argument], n.written[m.id] = m.id, r.Value
			if m.name != "" {
				n.names[r.Argument] = m.name
			}
		case m.open && n.plain && (r.InPath || r.Thing == dixaclient.EndpointThing): // it may be an id of another form
		case r.Among.More && m.open, r.Thing == dixaclient.OptionThing && m.open: // Dixa may have this one
		case len(wrong.Problems) < mostWrong:
			wrong.Problems = append(wrong.Problems, schemas.Problem{Field: r.Argument, Got: quoted(r.Value), Want: n.wanted(r), Hint: m.said})
		}
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	if len(ids) == 0 {
		return given.JSON, nil
	}
	return ids.in(maps.Collect(given.Values.All()))
}

// meaning finds out what a reference names. An error stops the call.
func (n *naming) meaning(ctx context.Context, args *tools.Arguments, r dixaclient.Reference) (meaning, error) {
	if id, ok := n.shape.Takes(r.Name, r.Value); ok {
		return meaning{id: id, name: r.Value}, nil
	}
	key := strings.Join([]string{string(r.Thing), r.Of, r.Entity, r.Value, strings.Join(r.Path, "\x00")}, "\x00")
	if m, ok := n.found[key]; ok {
		return m, nil
	}
	var m meaning
	switch {
	case r.Thing == dixaclient.MessageThing:
		m = n.message(ctx, args, r.Value)
	case r.Among.Set != nil:
		m = word(r)
	case r.Thing == dixaclient.OptionThing:
		m = n.option(ctx, r)
	case !view.IsName(r.Value) && !isTitle(r):
	case r.Thing == dixaclient.EndUserThing:
		m = n.customer(ctx, r.Value)
	default:
		m = n.listed(ctx, r)
	}
	n.found[key] = m
	return m, n.values.stopped
}

// word finds the value that Dixa has for a word, such as widget_chat for Chat.
func word(r dixaclient.Reference) meaning {
	if value, ok := r.Among.Find(r.Value); ok {
		return meaning{id: value}
	}
	if meant := r.Among.Ambiguous(r.Value); len(meant) > 0 {
		return noID("it can mean %s", strings.Join(meant, " or "))
	}
	if near := schemas.Nearest(r.Value, r.Among.Words()); near != "" && !r.Among.More {
		return noID("did you mean %s?", near)
	}
	return meaning{open: true}
}

// listed finds what is listed under a name: in the capability file, else in Dixa.
func (n *naming) listed(ctx context.Context, r dixaclient.Reference) meaning {
	thing := r.Thing
	if thing == dixaclient.ValueThing {
		thing = thingOfFilter[r.Of]
	}
	switch ids := n.inFile(thing, r.Value); len(ids) {
	case 0:
	case 1:
		return meaning{id: ids[0], name: r.Value}
	default:
		return noID("the capability file has %d names like it: give one of the ids %s", len(ids), strings.Join(ids, ", "))
	}
	l, ok := directory.ListOf(r)
	if !ok || n.shape.Wants(r.Name) != "" { // of what the file allows, the agent was shown the names
		return meaning{}
	}
	prefixes := n.call.tool.Level == dixaclient.Read
	all, said := n.values.list(ctx, l, func(e directory.Entries) bool {
		e = n.titled(e.Of(r.Thing), prefixes)
		active, inactive := e.Named(r.Value, prefixes)
		return len(active)+len(inactive) > 0 || e.ByID(r.Value) != nil
	})
	if said != "" {
		return meaning{said: said, open: true}
	}
	if r.Entity != "" {
		all = all.On(r.Entity)
	}
	return n.among(n.titled(all.Of(r.Thing), prefixes), r, l.Op, prefixes)
}

// titled adds the titles in all languages that find_article has read for this agent: catalogs have those of one. A write does
// not take them, since they are older than the catalogs.
func (n *naming) titled(all directory.Entries, reads bool) directory.Entries {
	if !reads || len(all.All) == 0 || all.All[0].Thing != dixaclient.ArticleThing {
		return all
	}
	titles := n.call.gate.articlesOf(n.call.rules, n.call.agentName).Titles()
	all.All = slices.Clone(all.All)
	for i := range all.All {
		e := &all.All[i]
		e.Names = append(slices.Clone(e.Names), titles[dixaclient.UUID(e.ID)]...)
	}
	return all
}

// inFile returns the ids to which the capability file gives a name.
func (n *naming) inFile(thing dixaclient.Thing, text string) (ids []string) {
	seen := map[string]bool{}
	for _, named := range n.call.rules.Names() {
		if named.Kind == capability.KindOf(thing) && fold.Same(named.Name, text) && !seen[named.ID] {
			ids, seen[named.ID] = append(ids, named.ID), true
		}
	}
	return ids
}

// among finds what is meant among what is listed.
func (n *naming) among(all directory.Entries, r dixaclient.Reference, op *dixaclient.Spec, prefixes bool) meaning {
	if e := all.ByID(r.Value); e != nil {
		return meaning{id: e.ID, name: e.Name()}
	}
	active, inactive := all.Named(r.Value, prefixes)
	if n.call.tool.Name == dixaclient.ActivateTag.Spec.Name {
		active, inactive = append(active, inactive...), nil
	}
	switch {
	case !all.Whole && len(active) != 1, !all.Whole && !prefixes: // another one may have the same name
		return meaning{said: tooMany(n.call.agent, op.Name), open: true}
	case len(active) == 1:
		return meaning{id: active[0].ID, name: active[0].Name()}
	case len(active) > 1:
		return noID("it names %d: give one of %s", len(active), list(active))
	case len(inactive) > 0 && n.values.mustBeActive():
		return noID("the %s %s is deactivated", r.Thing, shown(inactive[0]))
	case len(inactive) > 0:
		return noID("the %s %s is deactivated, and its name is not taken for it; give its id if it is meant", r.Thing, shown(inactive[0]))
	}
	if near, _ := all.Named(r.Value, true); len(near) == 1 {
		return noID("there is no such %s; did you mean %s?", r.Thing, among(near[0], all.Active()))
	}
	return meaning{said: suggest(n.call.agent, r, op.Name, all.Active())}
}

// wanted says what an argument takes that names a thing.
func (n *naming) wanted(r dixaclient.Reference) string {
	t, chosen := r.Thing, n.shape.Wants(r.Name)
	switch {
	case r.Among.Set != nil:
		return "one of " + strings.Join(r.Among.Words(), ", ")
	case chosen != "":
		return chosen
	case t == dixaclient.EndUserThing && n.call.tool.Level == dixaclient.Read:
		return "an end user's id, e-mail address or phone number with its country code, or requester: and a conversation's number"
	case t == dixaclient.EndUserThing:
		return "an end user's id, e-mail address or phone number with its country code"
	case t == dixaclient.MessageThing:
		return "a message's id, or # and its number in the conversation"
	case t == dixaclient.OptionThing:
		return "the labels or values of options of the custom attribute, from the root"
	case t == dixaclient.EndpointThing:
		return "the address, number or name of a contact endpoint"
	}
	return "the name or id of " + article(t) + " " + string(t)
}

// asWritten makes an error about ids one about the names that the caller wrote.
func (n *naming) asWritten(err error) error {
	bad, ok := errors.AsType[*schemas.Error](err)
	if !ok {
		return err
	}
	for i := range bad.Problems {
		for id, written := range n.written {
			if bad.Problems[i].Got == strconv.Quote(id) {
				bad.Problems[i].Got = quoted(written)
			}
		}
	}
	return err
}
