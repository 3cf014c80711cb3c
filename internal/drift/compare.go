package drift

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Finding is one difference.
type Finding struct {
	Kind    Kind     `json:"kind"`
	Route   string   `json:"operation"`         // method and path, as this program knows them if it does
	Place   string   `json:"place,omitempty"`   // body.message<Inbound>.text, answer 200.data[].id
	Change  string   `json:"change"`            // what changed, as a clause
	Values  []string `json:"values,omitempty"`  // of an enumeration, that were added or removed
	ID      string   `json:"id,omitempty"`      // operationId of an added operation
	Summary string   `json:"summary,omitempty"` // of an added operation
}

// Kind says what kind of difference a finding is.
type Kind string

// The kinds of findings.
const (
	OperationAdded   Kind = "operation added"
	OperationRemoved Kind = "operation removed"
	OperationChanged Kind = "operation changed" // deprecated, or at another host
	RequestChanged   Kind = "request changed"
	AnswerChanged    Kind = "answer changed"
)

// ErrOther is the error for a document of another API.
var ErrOther = errors.New("it describes none of the operations that this program knows: is it Dixa's document of version 1 of its API?")

// Compare lists the differences between what the program was built for and what a document says now. Of the former only
// what is at the hosts of the document's operations is looked at, as Dixa has a document for each of its two hosts.
func Compare(built, now Surface) ([]Finding, error) {
	hosts := map[string]bool{}
	for key := range now {
		if o := built[key]; o != nil {
			hosts[o.Host] = true
		}
	}
	if len(hosts) == 0 {
		return nil, ErrOther
	}
	var all []Finding
	keys := maps.Clone(built)
	maps.Copy(keys, now)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		was, is := built[key], now[key]
		switch {
		case was == nil:
			all = append(all, Finding{Kind: OperationAdded, Route: is.Route(), Change: "is new", ID: is.ID, Summary: is.Summary})
		case is == nil && hosts[was.Host]:
			all = append(all, Finding{Kind: OperationRemoved, Route: was.Route(), Change: "is gone"})
		case is != nil:
			all = append(all, compareOperation(was, is)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(order(a.Kind), order(b.Kind)) })
	return all, nil
}

func order(k Kind) int {
	return slices.Index([]Kind{OperationAdded, OperationRemoved, OperationChanged, RequestChanged, AnswerChanged}, k)
}

func compareOperation(was, is *Operation) []Finding {
	c := comparison{route: was.Route()}
	if was.Deprecated != is.Deprecated {
		c.add(OperationChanged, "", word(is.Deprecated, "is deprecated", "is no longer deprecated"))
	}
	if is.Host != "" && was.Host != is.Host {
		c.add(OperationChanged, "", fmt.Sprintf("is at %s, was at %s", is.Host, was.Host))
	}
	c.parts("", was.Parts, is.Parts)
	return c.found
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

// comparison collects what differs in one operation.
type comparison struct {
	route string
	found []Finding
}

func (c *comparison) add(k Kind, place, change string, values ...string) {
	c.found = append(c.found, Finding{Kind: k, Route: c.route, Place: place, Change: change, Values: values})
}

// side tells in which half of an exchange a place is.
func side(place string) Kind {
	if strings.HasPrefix(place, "answer ") {
		return AnswerChanged
	}
	return RequestChanged
}

// parts compares what is in a place. What is in an added, a removed or a replaced part is not listed.
func (c *comparison) parts(place string, was, is []*Part) {
	now := map[string]*Part{}
	for _, p := range is {
		now[p.Segment] = p
	}
	for _, old := range was {
		at := place + old.Segment
		p := now[old.Segment]
		if delete(now, old.Segment); p == nil {
			c.add(side(at), at, "is gone")
			continue
		}
		c.part(at, old, p)
	}
	for _, p := range is {
		if now[p.Segment] != nil {
			at := place + p.Segment
			c.add(side(at), at, "is new: "+p.Type+word(p.Required && side(at) == RequestChanged, ", required", ""))
		}
	}
}

func (c *comparison) part(at string, old, p *Part) {
	k := side(at)
	if old.Name != p.Name {
		c.add(k, at, fmt.Sprintf("is called %s, was called %s: requests stay the same", p.Name, old.Name))
	}
	if old.Required != p.Required {
		c.add(k, at, word(p.Required, "is now required", "is no longer required"))
	}
	if old.Deprecated != p.Deprecated {
		c.add(k, at, word(p.Deprecated, "is deprecated", "is no longer deprecated"))
	}
	if old.Type != p.Type {
		c.add(k, at, fmt.Sprintf("has the type %s, had %s", p.Type, old.Type))
		return
	}
	c.values(k, at, "value", old.Enum, p.Enum)
	c.values(k, at, "limit", old.Limits, p.Limits)
	c.parts(at, old.Parts, p.Parts)
}

// values compares two sorted lists.
func (c *comparison) values(k Kind, at, name string, old, now []string) {
	missing := func(from, in []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(v string) bool { return slices.Contains(in, v) })
	}
	if added := missing(now, old); len(added) > 0 {
		c.add(k, at, "has the new "+plural(name, len(added))+" "+strings.Join(added, ", "), added...)
	}
	if removed := missing(old, now); len(removed) > 0 {
		c.add(k, at, "has lost the "+plural(name, len(removed))+" "+strings.Join(removed, ", "), removed...)
	}
}

func plural(name string, n int) string { return name + word(n == 1, "", "s") }
