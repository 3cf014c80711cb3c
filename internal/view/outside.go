package view

import (
	"fmt"
	"sort"
)

// OutsideError says that an answer ends before the place at which its reader wanted to go on.
type OutsideError struct {
	Argument string // that says the place
	Got      int
	Most     int    // that it may be
	Of       string // what ends there
}

func (e *OutsideError) Error() string {
	if e.Argument == "pageKey" {
		return fmt.Sprintf("pageKey goes on behind the end of %s: give a key as an answer gave it, or begin again without pageKey", e.Of)
	}
	return fmt.Sprintf("%s must be 0 to %d, not %d: %s ends there", e.Argument, e.Most, e.Got, e.Of)
}

// outsideList returns the error for a list in which nothing is behind the items that were skipped. A page behind whose end another
// one follows is none.
func (l *list) outsideList() error {
	items := l.total
	if items == 0 || l.o.Skip < items || l.o.PageLimit && l.o.NextKey != "" {
		return nil
	}
	return l.o.outside("skip", l.o.Skip, items-1, fmt.Sprintf("the list of %d", items))
}

// outsideItem returns the error for an offset behind everything in an item, which walker wrote.
func (o Options) outsideItem(item []byte, of string) error {
	if !ended(item, o.Offset) {
		return nil
	}
	return o.outside("offset", o.Offset, sort.Search(len(item), func(from int) bool { return ended(item, from) })-1, of)
}

func (o Options) outside(argument string, got, most int, of string) error {
	if o.PageLimit {
		argument, of = "pageKey", "its page"
	}
	return &OutsideError{argument, got, max(most, 0), of}
}

// ended reports whether no part of an item is at a place or behind it.
func ended(item []byte, from int) bool {
	s := slicer{item: item, from: from, budget: leastText}
	s.value(0)
	return from > 0 && !s.wrote
}
