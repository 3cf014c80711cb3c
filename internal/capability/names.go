package capability

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dixa-mcp/dixaclient"
)

// The kinds of ids that names can be given to; each is a key under names.
const (
	queueIDs    = "queue"
	tagIDs      = "tag"
	agentIDs    = "dixa_agent"
	teamIDs     = "team"
	endpointIDs = "contact_endpoint"
)

const longestNaming = 80 // characters of a name for an id

// kindOf says of which kind an argument's ids are, by the argument's name.
var kindOf = map[string]string{
	"queueId":            queueIDs,
	"queueIds":           queueIDs,
	"tagId":              tagIDs,
	"tagIds":             tagIDs,
	"agentId":            agentIDs,
	"agentIds":           agentIDs,
	"assigneeId":         agentIDs,
	"teamId":             teamIDs,
	"contactEndpointId":  endpointIDs,
	"emailIntegrationId": endpointIDs,
	"queue":              queueIDs, // of plans
	"tag":                tagIDs,
	"untag":              tagIDs,
	"assignee":           agentIDs,
	"queues":             queueIDs,
	"teams":              teamIDs,
	"add":                agentIDs,
	"remove":             agentIDs,
}

// KindOf returns the key under names of the things that can have names there, "" for all others.
func KindOf(t dixaclient.Thing) string {
	switch t {
	case dixaclient.QueueThing:
		return queueIDs
	case dixaclient.TagThing:
		return tagIDs
	case dixaclient.AgentThing:
		return agentIDs
	case dixaclient.TeamThing:
		return teamIDs
	case dixaclient.EndpointThing:
		return endpointIDs
	}
	return ""
}

// lexicon are the names that the file gives to ids, kind by kind.
type lexicon map[string][]naming

type naming struct {
	at
	name, id string
}

func (n *names) lexicon() lexicon {
	return lexicon{
		queueIDs:    namings(n.Queue),
		tagIDs:      namings(n.Tag),
		agentIDs:    namings(n.DixaAgent),
		teamIDs:     namings(n.Team),
		endpointIDs: namings(n.ContactEndpoint),
	}
}

func namings[T checkable](d dict[id[T]]) []naming {
	list := make([]naming, len(d.entries))
	for i, e := range d.entries {
		list[i] = naming{e.name.at, e.name.text, string(e.value.value)}
	}
	return list
}

// id returns the id that a text stands for: a name under names, or an id itself.
func (l lexicon) id(kind, text string) (string, bool) {
	for _, n := range l[kind] {
		if n.name == text {
			return n.id, true
		}
	}
	if kind == endpointIDs {
		return text, dixaclient.Name(text).Check() == nil
	}
	return text, dixaclient.UUID(text).Check() == nil
}

// name returns what the file calls an id, the id itself where it has no name.
func (l lexicon) name(kind, id string) string {
	for _, n := range l[kind] {
		if strings.EqualFold(n.id, id) {
			return n.name
		}
	}
	return id
}

// called returns what the caller is to write for an id: the name that the file's writer used, or the first that the id has.
func (l lexicon) called(kind, written, id string) string {
	if written != id {
		return written
	}
	return l.name(kind, id)
}

func (l lexicon) names(kind string) []string {
	list := make([]string, len(l[kind]))
	for i, n := range l[kind] {
		list[i] = n.name
	}
	return list
}

// id reads a name or an id, and refuses what is neither.
func (d *decoder) id(kind string, w word) (string, bool) {
	id, ok := d.lexicon.id(kind, w.text)
	if !ok {
		form := "a UUID"
		if kind == endpointIDs {
			form = "an id"
		}
		d.fail(w.at, "%.80q is neither a name under names.%s nor %s%s", w.text, kind, form, didYouMean(w.text, d.lexicon.names(kind)))
	}
	return id, ok
}

// checkNames refuses names that would mean something else where they are used, and those that a model or a person
// could not read.
func (d *decoder) checkNames() {
	for kind, named := range d.lexicon {
		for _, n := range named {
			switch {
			case kind == agentIDs && n.name == callerActs:
				d.fail(n.at, "%q cannot be a name: acts_as: caller stands for the person who signed in", n.name)
			case n.name == anyValue || n.name == actingAgent:
				d.fail(n.at, "%q cannot be a name: it has a meaning of its own", n.name)
			case dixaclient.UUID(n.name).Check() == nil:
				d.fail(n.at, "a UUID cannot be a name")
			case !readable(n.name, longestNaming):
				d.fail(n.at, "must be 1 to %d characters that can be read, without a space at either end", longestNaming)
			}
		}
	}
}

func readable(name string, most int) bool {
	return name != "" && utf8.RuneCountInString(name) <= most && strings.TrimSpace(name) == name &&
		!slices.ContainsFunc([]rune(name), func(r rune) bool { return !unicode.IsPrint(r) })
}

// Named is an id to which the file gives a name.
type Named struct {
	Kind string // as the file calls it: queue, tag, dixa_agent, team, contact_endpoint
	Name string
	ID   string
	Line int
}

// Names lists the names that the file gives to ids, kind by kind, in the file's order.
func (r *Rules) Names() []Named { return slices.Clone(r.names) }

func (n *names) list() []Named {
	var all []Named
	words := n.lexicon()
	for _, kind := range slices.Sorted(maps.Keys(words)) {
		for _, w := range words[kind] {
			all = append(all, Named{Kind: kind, Name: w.name, ID: w.id, Line: w.line})
		}
	}
	return all
}
