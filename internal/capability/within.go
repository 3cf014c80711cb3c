package capability

import (
	"slices"
	"strings"
)

// within tells whether every value that this shape lets an argument have is one that the other lets it have. Leaving the
// argument out is a value, too.
func (s *Shape) within(other *Shape, argument string) bool {
	mine, others := s.possible(argument), other.possible(argument)
	switch {
	case mine.absent && !others.absent:
		return false
	case others.any:
		return true
	case mine.any:
		return false
	}
	return !slices.ContainsFunc(mine.values, func(v string) bool { return !slices.Contains(others.values, v) })
}

// actsWithin tells the same of the arguments that say who acts, also of those in the items of a list.
func (s *Shape) actsWithin(other *Shape) bool {
	if other.acts != "" && !strings.EqualFold(string(s.acts), string(other.acts)) {
		return false
	}
	return !slices.ContainsFunc(s.tool.Actors(), func(argument string) bool { return !s.within(other, argument) })
}

// allWithin tells whether every call that this shape allows is one that the other allows.
func (s *Shape) allWithin(other *Shape) bool {
	for _, p := range s.full.Properties() {
		if !s.within(other, p.Name) {
			return false
		}
	}
	return s.actsWithin(other)
}

// possible are the values that an argument can have.
type possible struct {
	absent bool     // it can be left out
	any    bool     // all values
	values []string // as JSON; of a list's items where the argument is a list
}

func (s *Shape) possible(argument string) possible {
	for _, p := range s.full.Properties() {
		if p.Name != argument {
			continue
		}
		for _, f := range s.filled {
			if f.Argument == argument {
				values := []string{string(f.Value)}
				if isList(p) {
					values = nil
					for _, item := range items(f.Value) {
						values = append(values, string(item))
					}
				}
				return possible{values: values}
			}
		}
		for _, c := range s.choices {
			if c.argument == argument {
				of := possible{absent: !p.Required}
				for _, v := range c.values {
					of.values = append(of.values, string(v))
				}
				return of
			}
		}
		return possible{absent: !p.Required, any: s.has(argument)}
	}
	return possible{absent: true}
}
