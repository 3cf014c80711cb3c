package capability

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/fold"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Shape is a tool as one agent may call it: which arguments there are for it, which values they take, and what is
// filled in without asking. It never changes and is safe for concurrent use.
type Shape struct {
	tool    *tools.Tool
	full    *schemas.Schema // what the tool takes
	shown   *schemas.Schema // what the agent sees
	taken   *schemas.Schema // shown, with ids taken beside their names
	acts    dixaclient.ActingAgent
	filled  []Filled
	words   map[string]string // what is filled in, as the file writes it
	choices []choice

	description func() string
}

// Filled is an argument that the agent cannot give, because the file gives it.
type Filled struct {
	Argument string
	Value    json.RawMessage // as Dixa gets it
	Rule     string          // the key that says so, such as agents.triage.acts_as
	Line     int             // where that key is in the file
}

// choice is an argument that takes some values.
type choice struct {
	argument string
	list     bool // each of its items is a choice
	words    []string
	values   map[string]json.RawMessage // by what the caller writes
}

// Shape returns a tool as the agent may call it; nil when the tool is not granted to it.
func (a *Agent) Shape(t *tools.Tool) *Shape { return a.shapes[t.Name] }

// Schema describes the arguments that the agent may give.
func (s *Shape) Schema() *schemas.Schema { return s.shown }

// Filled lists what is filled in, in the order of the tool's arguments.
func (s *Shape) Filled() []Filled { return slices.Clone(s.filled) }

// Decode checks arguments against [Shape.Schema], makes ids of the file's names and fills in what the agent cannot
// give. Where a name stands for an id, the id itself is taken too. What comes out is what Dixa gets. A [*schemas.Error]
// names every argument that does not fit. Times are read as the reading says; nil is UTC.
func (s *Shape) Decode(raw json.RawMessage, reading *schemas.Reading) (*tools.Arguments, error) {
	schema := s.shown
	if len(s.choices)+len(s.filled) > 0 {
		given, err := s.given(raw, reading)
		if err != nil {
			return nil, err
		}
		schema, raw = s.full, given
	}
	args, err := s.tool.Decode(schema, raw, reading)
	if err == nil && s.acts != "" {
		s.tool.Act(args, s.acts)
	}
	return args, err
}

// Given returns, of arguments as Decode returned them, those that the agent gives: Decode fills in the others again.
func (s *Shape) Given(arguments json.RawMessage) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(arguments, &all); err != nil {
		return nil, err
	}
	for _, f := range s.filled {
		delete(all, f.Argument)
	}
	return json.Marshal(all)
}

// Names reads arguments as [Shape.Decode] does, with any text where ids are due that people know by names. Decode takes what
// comes out, once ids are in their place.
func (s *Shape) Names(raw json.RawMessage, reading *schemas.Reading) (schemas.Checked, error) {
	return s.shown.Naming(s.tool.Names).Check(raw, reading)
}

// Takes returns the value of an argument, or of an item of it, that a text means by one of the names that the agent sees in
// [Shape.Schema]. Case and spaces are ignored.
func (s *Shape) Takes(argument, text string) (value string, ok bool) {
	for _, c := range s.choices {
		for _, word := range c.words {
			if c.argument == argument && fold.Same(word, text) {
				return plain(c.values[word]), true
			}
		}
	}
	return "", false
}

// Wants says which values an argument takes, or its items; "" where the file does not limit them.
func (s *Shape) Wants(argument string) string {
	for _, c := range s.choices {
		if c.argument == argument {
			return c.want()
		}
	}
	return ""
}

// given checks arguments against what the agent may give, and makes of them what the tool takes.
func (s *Shape) given(raw json.RawMessage, reading *schemas.Reading) (json.RawMessage, error) {
	given, err := s.taken.Check(raw, reading)
	if err == nil {
		return s.complete(given.Values)
	}
	if _, shown := s.shown.Check(raw, reading); shown != nil { // which says it in the words that the agent sees
		err = shown
	}
	return nil, err
}

// complete puts ids in place of names, and adds what is filled in.
func (s *Shape) complete(given schemas.Values) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, v := range given {
		all[v.Name] = v.JSON
	}
	var wrong schemas.Error
	for _, c := range s.choices {
		v, ok := all[c.argument]
		if !ok {
			continue
		}
		chosen, ok := c.resolve(v)
		if !ok {
			wrong.Problems = append(wrong.Problems, schemas.Problem{Field: c.argument, Got: plain(v), Want: c.want()})
		}
		all[c.argument] = chosen
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	for _, f := range s.filled {
		all[f.Argument] = f.Value
	}
	return object(all), nil
}

// resolve returns what Dixa gets for a value; not ok when it is not among those that may be chosen.
func (c *choice) resolve(v json.RawMessage) (json.RawMessage, bool) {
	if !c.list {
		chosen, ok := c.values[plain(v)]
		return chosen, ok
	}
	list := items(v)
	for i, item := range list {
		chosen, ok := c.values[plain(item)]
		if !ok {
			return nil, false
		}
		list[i] = chosen
	}
	return array(list), true
}

func (c *choice) want() string {
	if c.list {
		return "values of " + strings.Join(c.words, ", ")
	}
	return "one of " + strings.Join(c.words, ", ")
}

// newShape makes the shape of a tool for an agent. Where a required argument can have no value it gives that argument
// and the rule that takes it away.
func newShape(a *Agent, t *tools.Tool, full *schemas.Schema) (s *Shape, missing *limit) {
	s = &Shape{tool: t, full: full, shown: full, taken: full}
	if len(t.Actors()) > 0 {
		s.acts = a.acting
	}
	if !a.limits(t) {
		return s, nil
	}
	s.words = map[string]string{}
	var gone []string
	for _, p := range full.Properties() {
		l := a.limit(t, p)
		if t.Plans() && (l.free || a.acting == "" || !slices.Contains(t.Actors(), p.Name)) {
			absent := false
			if l, absent = a.carried(t, p); absent && p.Required {
				return nil, l
			} else if absent {
				gone = append(gone, p.Name)
				continue
			}
		}
		switch {
		case l.free:
			continue
		case len(l.values) > 1, len(l.values) == 1 && !p.Required && t.Plans() && !slices.Contains(t.Actors(), p.Name): // what changes is never filled in
			s.restrict(p, l.values)
			continue
		case len(l.values) == 1:
			v := l.values[0].json
			if isList(p) {
				v = array([]json.RawMessage{v})
			}
			s.filled = append(s.filled, Filled{p.Name, v, l.key, l.line})
			s.words[p.Name] = l.values[0].word
		case p.Required:
			return nil, l
		}
		gone = append(gone, p.Name)
	}
	if len(gone) > 0 {
		s.shown, s.taken = s.shown.Without(gone...), s.taken.Without(gone...)
	}
	return s, nil
}

// restrict limits an argument to several values, among which the agent chooses.
func (s *Shape) restrict(p schemas.Property, values []value) {
	c := choice{argument: p.Name, list: isList(p), values: map[string]json.RawMessage{}}
	for _, v := range values {
		c.words = append(c.words, v.word)
		c.values[v.word] = v.json
	}
	taken := slices.Clone(c.words)
	for _, v := range values {
		if id := plain(v.json); c.values[id] == nil {
			c.values[id] = v.json
			taken = append(taken, id)
		}
	}
	s.choices = append(s.choices, c)
	s.shown, s.taken = narrowed(s.shown, p, c.words), narrowed(s.taken, p, taken)
}

// narrowed returns a schema in which an argument takes only these values. Enums of numbers and booleans are beyond what all
// clients understand: for those the description says it.
func narrowed(s *schemas.Schema, p schemas.Property, words []string) *schemas.Schema {
	switch {
	case kindOf[p.Name] != "": // names do not have the form of the ids for which they stand
		p.Enum = words
	case strings.TrimPrefix(p.Type, "array of ") == "string":
		return s.WithEnum(p.Name, words)
	default:
		p.Description = strings.TrimPrefix(fmt.Sprintf("%s; one of %s", p.Description, strings.Join(words, ", ")), "; ")
	}
	return s.Without(p.Name).With(p)
}
