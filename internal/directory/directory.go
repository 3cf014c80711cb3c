// Package directory knows what an organization at Dixa has that people call by a name: its queues, tags, Dixa agents, teams,
// custom attributes and so on. It reads lists from Dixa and keeps them for some minutes; what is not asked for is never read.
//
// It decides nothing about access: whoever asks for a list must be allowed to read it, also where it is kept already.
package directory

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/fold"
)

const (
	// keptFor is how long a list is kept.
	keptFor = 10 * time.Minute
	// freshFor is how long a list is not read again for what is missing in it.
	freshFor = time.Minute
	// mostLists is how many lists are kept at once.
	mostLists = 256
)

// Entry is one thing that can be named.
type Entry struct {
	ID        string
	Names     []string // by which people know it, the first of which is shown
	Inactive  bool     // it exists and cannot be set any more
	Attribute *dixaclient.CustomAttribute
	Private   bool             // names hold untrusted text: they are compared and not shown
	Thing     dixaclient.Thing // of a list of several kinds of things: which it is
}

// Name returns the name that is shown, "" where there is none.
func (e Entry) Name() string {
	if e.Private || len(e.Names) == 0 {
		return ""
	}
	return e.Names[0]
}

// Entries is a list as it was read.
type Entries struct {
	All   []Entry
	Whole bool // false: there are more than were read

	read time.Time
}

// ByID returns the entry with an id, nil where there is none. Case is ignored where no id is the same with it.
func (e Entries) ByID(id string) *Entry {
	i := slices.IndexFunc(e.All, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		i = slices.IndexFunc(e.All, func(e Entry) bool { return strings.EqualFold(e.ID, id) })
	}
	if i < 0 {
		return nil
	}
	return &e.All[i]
}

// Named returns what a text names: what has this name, but for case and spaces, else, with prefixes, what has a name that
// begins with it. Of several the one that is written exactly so is meant. What is inactive is returned apart.
func (e Entries) Named(text string, prefixes bool) (active, inactive []Entry) {
	folded := fold.Name(text)
	if folded == "" {
		return nil, nil
	}
	active, inactive = e.with(func(name string) bool { return fold.Name(name) == folded })
	if exact, _ := e.with(func(name string) bool { return name == text }); len(active) > 1 && len(exact) == 1 {
		return exact, nil
	}
	if prefixes && len(active)+len(inactive) == 0 {
		return e.with(func(name string) bool { return strings.HasPrefix(fold.Name(name), folded) })
	}
	return active, inactive
}

// Active returns what can be set.
func (e Entries) Active() []Entry {
	return slices.DeleteFunc(slices.Clone(e.All), func(one Entry) bool { return one.Inactive })
}

// Of returns the things of one kind.
func (e Entries) Of(t dixaclient.Thing) Entries {
	e.All = slices.DeleteFunc(slices.Clone(e.All), func(one Entry) bool { return one.Thing != "" && one.Thing != t })
	return e
}

// On returns the custom attributes of one kind of entity, Conversation or Contact.
func (e Entries) On(entity string) Entries {
	e.All = slices.DeleteFunc(slices.Clone(e.All), func(one Entry) bool {
		return one.Attribute != nil && one.Attribute.EntityType != "" && one.Attribute.EntityType != entity
	})
	return e
}

func (e Entries) with(is func(name string) bool) (active, inactive []Entry) {
	for _, one := range e.All {
		switch {
		case !slices.ContainsFunc(one.Names, is):
		case one.Inactive:
			inactive = append(inactive, one)
		default:
			active = append(active, one)
		}
	}
	return active, inactive
}

// Directory keeps lists that were read. It is safe for concurrent use.
type Directory struct {
	now func() time.Time

	mu    sync.Mutex
	lists map[string]Entries
	drops uint64 // how often lists were dropped
}

// New makes an empty directory with a clock, such as [time.Now].
func New(now func() time.Time) *Directory {
	return &Directory{now: now, lists: map[string]Entries{}}
}

// Known returns a list that is kept. It is fresh where it was read so recently that what is missing in it counts as missing.
func (d *Directory) Known(l List) (entries Entries, fresh, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.lists[l.key]
	age := d.now().Sub(e.read)
	if !ok || age >= keptFor {
		return Entries{}, false, false
	}
	return e, age < freshFor, true
}

// Read reads a list from Dixa and keeps it. It asks before each page after the first whether it may go on.
func (d *Directory) Read(ctx context.Context, c *dixaclient.Client, l List, more func() bool) (Entries, error) {
	d.mu.Lock()
	drops := d.drops
	d.mu.Unlock()
	e := Entries{Whole: true, read: d.now()}
	first := true
	for page, err := range l.pages(ctx, c) {
		if err != nil {
			return Entries{}, err
		}
		e.All = append(e.All, page...)
		if !first && !more() {
			e.Whole = false
			break
		}
		first = false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drops != drops { // a write may have overtaken what was read
		return e, nil
	}
	if len(d.lists) >= mostLists {
		clear(d.lists)
	}
	d.lists[l.key] = e
	return e, nil
}

// Wrote drops the lists that an operation of ours changes, or may have changed.
func (d *Directory) Wrote(op *dixaclient.Spec) {
	if op.Level == dixaclient.Read {
		return
	}
	changed := changes(op)
	if changed == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drops++
	delete(d.lists, changed.Name)
}

// Mentioned drops the list of things of a kind if it is kept and does not have what Dixa mentioned, by id or by name. "" is in every list.
func (d *Directory) Mentioned(t dixaclient.Thing, idOrName string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := lists[t]
	e, kept := d.lists[l.key]
	if !kept || idOrName == "" || e.ByID(idOrName) != nil {
		return
	}
	if active, inactive := e.Named(idOrName, false); len(active)+len(inactive) == 0 {
		d.drops++
		delete(d.lists, l.key)
	}
}

// changes returns the operation that lists what a write adds, changes or removes; nil where none does.
func changes(op *dixaclient.Spec) *dixaclient.Spec {
	if op == dixaclient.TagConversationByName.Spec { // it makes a tag of a new name
		return dixaclient.ListTags.Spec
	}
	if articles := dixaclient.CreateArticle.Spec.Path; op.Path == articles || strings.HasPrefix(op.Path, articles+"/{") {
		return dixaclient.GetCatalog.Spec
	}
	for _, l := range lists {
		if op.Path == l.Op.Path || strings.HasPrefix(op.Path, l.Op.Path+"/") {
			return l.Op
		}
	}
	return nil
}
