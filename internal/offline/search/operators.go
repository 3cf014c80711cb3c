package search

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// The unions of operators. The interfaces that say the same are different types, so that each has its own members.
type (
	emptiableIn         interface{ one(value string) bool }
	oneOfIn             interface{ one(value string) bool }
	channelOperatorIn   interface{ one(value string) bool }
	directionOperatorIn interface{ one(value string) bool }
	statusOperatorIn    interface{ one(value string) bool }
	tagOperatorIn       interface{ many(values []string) bool }
	timeOperatorIn      interface{ at(t time.Time) bool }
	durationOperatorIn  interface{ lasting(ms int64) bool }
	attributeOperatorIn interface{ holds(value any) bool }
)

// Operators on one value, which is "" where a conversation has none.
type (
	isEmpty    struct{}
	isNotEmpty struct{}
	isOneOf    struct {
		Values []string `wire:"values"`
	}
	isNotOneOf struct {
		Values []string `wire:"values"`
	}
	channelOneOf struct {
		Values []string `wire:"values,required,searchChannel"`
	}
	channelNotOneOf struct {
		Values []string `wire:"values,required,searchChannel"`
	}
	directionOneOf struct {
		Values []string `wire:"values,required,inbound|outbound|internal"`
	}
	directionNotOneOf struct {
		Values []string `wire:"values,required,inbound|outbound|internal"`
	}
	statusOneOf struct {
		Values []string `wire:"values,required,open|closed|pending"`
	}
	statusNotOneOf struct {
		Values []string `wire:"values,required,open|closed|pending"`
	}
)

func (isEmpty) one(v string) bool             { return v == "" }
func (isNotEmpty) one(v string) bool          { return v != "" }
func (o isOneOf) one(v string) bool           { return wire.Among(o.Values, v) }
func (o isNotOneOf) one(v string) bool        { return !wire.Among(o.Values, v) }
func (o channelOneOf) one(v string) bool      { return wire.Among(o.Values, v) }
func (o channelNotOneOf) one(v string) bool   { return !wire.Among(o.Values, v) }
func (o directionOneOf) one(v string) bool    { return wire.Among(o.Values, v) }
func (o directionNotOneOf) one(v string) bool { return !wire.Among(o.Values, v) }
func (o statusOneOf) one(v string) bool       { return wire.Among(o.Values, v) }
func (o statusNotOneOf) one(v string) bool    { return !wire.Among(o.Values, v) }

// Operators on tags.
type (
	includesOne struct {
		Values []string `wire:"values"`
	}
	includesAll struct {
		Values []string `wire:"values"`
	}
	excludesOne struct {
		Values []string `wire:"values"`
	}
	excludesAll struct {
		Values []string `wire:"values"`
	}
)

func (isEmpty) many(vs []string) bool       { return len(vs) == 0 }
func (isNotEmpty) many(vs []string) bool    { return len(vs) > 0 }
func (o includesOne) many(vs []string) bool { return count(o.Values, vs) > 0 }
func (o includesAll) many(vs []string) bool { return count(o.Values, vs) == len(o.Values) }
func (o excludesOne) many(vs []string) bool { return count(o.Values, vs) < len(o.Values) }
func (o excludesAll) many(vs []string) bool { return count(o.Values, vs) == 0 }

// count returns how many of the wanted values are held.
func count(wanted, held []string) int {
	n := 0
	for _, v := range wanted {
		if wire.Among(held, v) {
			n++
		}
	}
	return n
}

// Operators on times; what has not happened passes none of them.
type (
	since struct {
		Timestamp time.Time `wire:"timestamp,required"`
	}
	until struct {
		Timestamp time.Time `wire:"timestamp,required"`
	}
	betweenTimes struct {
		From time.Time `wire:"timestampFrom,required"`
		To   time.Time `wire:"timestampTo,required"`
	}
)

func (o since) at(t time.Time) bool { return !t.IsZero() && !t.Before(o.Timestamp) }
func (o until) at(t time.Time) bool { return !t.IsZero() && !t.After(o.Timestamp) }
func (o betweenTimes) at(t time.Time) bool {
	return !t.IsZero() && !t.Before(o.From) && !t.After(o.To)
}

// Operators on durations in milliseconds.
type (
	longerThan struct {
		Duration int64 `wire:"duration,required"`
	}
	shorterThan struct {
		Duration int64 `wire:"duration,required"`
	}
	betweenDurations struct {
		Min int64 `wire:"min,required"`
		Max int64 `wire:"max,required"`
	}
)

func (o longerThan) lasting(ms int64) bool       { return ms >= o.Duration }
func (o shorterThan) lasting(ms int64) bool      { return ms <= o.Duration }
func (o betweenDurations) lasting(ms int64) bool { return ms >= o.Min && ms <= o.Max }

// Operators on custom attributes. Each value is an array: of the text itself, or of the path of an option from the root, where the
// path of a parent stands for all below it.
type (
	attributeOneOf struct {
		Values [][]string `wire:"values"`
	}
	attributeNotOneOf struct {
		Values [][]string `wire:"values"`
	}
)

func (isEmpty) holds(v any) bool             { return v == nil }
func (isNotEmpty) holds(v any) bool          { return v != nil }
func (o attributeOneOf) holds(v any) bool    { return onePath(o.Values, v) }
func (o attributeNotOneOf) holds(v any) bool { return !onePath(o.Values, v) }

func onePath(wanted [][]string, v any) bool {
	var held []string
	switch v := v.(type) {
	case string:
		held = []string{v}
	case []string:
		held = v
	}
	return slices.ContainsFunc(wanted, func(path []string) bool {
		return len(path) > 0 && len(path) <= len(held) && slices.Equal(path, held[:len(path)])
	})
}
