package tools

import (
	"slices"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
)

// narrowed returns the filters with which the archive is searched, one after the other. For an agent that may not see all conversations, those
// come first that are its own by what the archive says, so that it finds them among millions, and so that others take none of the
// look-ups that these need. The archive is some minutes old: what has become the agent's own since is found among all, which come
// second. Either way, what is shown is what Dixa shows the agent now.
func (a archiveReader) narrowed(f archive.Filter) []archive.Filter {
	own := f
	own.Within = a.within()
	if slices.Concat(own.Within.Queues, own.Within.Channels, own.Within.Agents, own.Within.Directions, own.Within.Tags) == nil {
		return []archive.Filter{f}
	}
	return []archive.Filter{own, f}
}

// within returns the agent's bound, as far as the archive knows what it is about.
func (a archiveReader) within() (w archive.Within) {
	if !a.reads.Bounded {
		return w
	}
	w.Queues, w.Agents = lower(a.reads.Within("queue")), lower(a.reads.Within("assignee"))
	w.Channels = a.onlyKnown("channel", func(word string) string {
		exported, _ := archive.Channel(word)
		return exported
	})
	w.Directions = a.onlyKnown("direction", func(word string) string { return exportedDirections[word] })
	w.Tags = a.onlyKnown("tag", func(id string) string { return a.reads.Name(d.TagThing, id) })
	return w
}

// exportedDirections are the words of exports for directions. They have none for internal conversations.
var exportedDirections = map[string]string{"inbound": "inbound", "outbound": "outbound"}

// onlyKnown returns what the archive calls the values of a key of the agent's bound; none unless it knows all of them.
func (a archiveReader) onlyKnown(key string, called func(string) string) []string {
	var all []string
	for _, value := range a.reads.Within(key) {
		name := called(value)
		if name == "" {
			return nil
		}
		all = append(all, name)
	}
	return all
}

// picked collects what a search shows, in its order, from candidates of several lists that each have that order.
type picked[T any] struct {
	limit   int
	compare func(a, b T) int
	shown   []T
}

// full reports whether there are enough that come before a candidate, and so before all that follow it in its list.
func (p *picked[T]) full(next T) bool {
	return len(p.shown) >= p.limit && p.compare(p.shown[p.limit-1], next) < 0
}

func (p *picked[T]) add(one T) {
	at, _ := slices.BinarySearchFunc(p.shown, one, func(a, b T) int {
		if p.compare(a, b) <= 0 {
			return -1
		}
		return 1
	})
	p.shown = slices.Insert(p.shown, at, one)
}

// lower returns values in lower case, as exports have ids.
func lower(all []string) []string {
	all = slices.Clone(all)
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}
