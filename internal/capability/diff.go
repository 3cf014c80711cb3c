package capability

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/tools"
)

// Change is one difference between two rules, in words.
type Change struct {
	Text    string
	Widens  bool // the new rules allow something that the old ones do not
	Narrows bool // the old rules allow something that the new ones do not
}

// Diff says in words what the agents gain and lose from old to new rules, see [Compare]. It is nil when nothing changes,
// whatever the files look like.
func Diff(old, new *Rules) []string {
	var texts []string
	for _, c := range Compare(old, new) {
		texts = append(texts, c.Text)
	}
	return texts
}

// Compare lists what the agents gain and lose from old to new rules: who may connect, who may approve, tools, bounds,
// values, who must confirm, budgets, keys and claims, agent by agent in the new file's order, then those that are gone.
// Where no change widens, the new rules allow nothing that the old ones do not.
func Compare(old, new *Rules) []Change {
	var d diff
	d.stdio(old, new)
	d.approvers(old, new)
	d.auditors(old, new)
	d.oidc(old, new)
	d.people(old, new)
	d.zone(old, new)
	d.keep(old, new)
	for _, a := range new.Agents() {
		was := old.named(a.Name)
		if was == nil {
			d.add(widens, "new agent %s gains %s", a.Name, listTools(a.granted))
			d.letIn(a.Name, &agent{}, &a.source)
			continue
		}
		d.agent(was, a)
	}
	for _, a := range old.Agents() {
		if new.named(a.Name) == nil {
			d.add(narrows, "agent %s is gone; it loses %s", a.Name, listTools(a.granted))
		}
	}
	return d
}

// Widens tells whether one of the changes allows something new.
func Widens(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Widens })
}

// direction says whether a change allows more, less, or both.
type direction struct{ widens, narrows bool }

var (
	widens  = direction{widens: true}
	narrows = direction{narrows: true}
	differs = direction{true, true}
)

type diff []Change

func (d *diff) add(is direction, format string, args ...any) {
	*d = append(*d, Change{Text: fmt.Sprintf(format, args...), Widens: is.widens, Narrows: is.narrows})
}

func (d *diff) stdio(old, new *Rules) {
	was, is := texts(old.stdio), texts(new.stdio)
	if gained := without(is, was); len(gained) > 0 {
		d.add(widens, "stdio gains %s", strings.Join(gained, ", "))
	}
	if lost := without(was, is); len(lost) > 0 {
		d.add(narrows, "stdio loses %s", strings.Join(lost, ", "))
	}
	if len(was) > 0 && len(is) > 0 && was[0] != is[0] {
		d.add(differs, "stdio's default agent %s → %s", was[0], is[0])
	}
}

// zone compares where dates and times without a zone are read, which changes what a filter finds.
func (d *diff) zone(old, new *Rules) {
	if was, is := old.zone.String(), new.zone.String(); was != is {
		d.add(differs, "times without a zone are read in %s → %s", was, is)
	}
}

func (d *diff) agent(old, new *Agent) {
	if gained := missing(new.granted, old); len(gained) > 0 {
		d.add(widens, "%s gains %s", new.Name, listTools(gained))
	}
	if lost := missing(old.granted, new); len(lost) > 0 {
		d.add(narrows, "%s loses %s", new.Name, listTools(lost))
	}
	if !strings.EqualFold(string(old.acting), string(new.acting)) {
		d.add(d.acting(old, new), "%s acts as %s → %s", new.Name, actingAs(old), actingAs(new))
	}
	if was, is := old.Answers(), new.Answers(); was != is {
		d.add(differs, "%s gets its answers as %s → %s", new.Name, was, is)
	}
	d.surface(old, new)
	d.bounds(old, new)
	for _, t := range new.granted {
		if was := old.Shape(t); was != nil {
			d.shape(new.Name, was, new.Shape(t))
		}
	}
	d.confirm(old, new)
	d.asking(old, new)
	d.onApproval(old, new)
	d.budget(old, new)
	d.letIn(new.Name, &old.source, &new.source)
}

// missing returns the tools that the agent does not have.
func missing(list []*tools.Tool, a *Agent) []*tools.Tool {
	return slices.DeleteFunc(slices.Clone(list), func(t *tools.Tool) bool { return a.Operation(t.Name).Allowed })
}

func listTools(list []*tools.Tool) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = t.Name + " (" + t.Level.String() + ")"
	}
	if len(words) == 0 {
		return "no tool"
	}
	return strings.Join(words, ", ")
}

func actingAs(a *Agent) string {
	if _, name, ok := a.ActsAs(); ok {
		return strings.TrimPrefix(name, "of ")
	}
	return "whom the model says"
}

// acting tells what a change of acts_as allows with the tools that the agent has before and after.
func (d *diff) acting(old, new *Agent) (is direction) {
	for _, t := range new.granted {
		was := old.Shape(t)
		if was == nil || len(t.Actors()) == 0 {
			continue
		}
		shape := new.Shape(t)
		is.widens = is.widens || !shape.actsWithin(was)
		is.narrows = is.narrows || !was.actsWithin(shape)
	}
	return is
}

// bounds compares which conversations there are for an agent.
func (d *diff) bounds(old, new *Agent) {
	for _, key := range boundKeys {
		was, is := old.bound.term(key), new.bound.term(key)
		switch {
		case was == nil && is != nil:
			d.add(narrows, "%s may now only reach %s %s", new.Name, key, strings.Join(is.words, ", "))
		case was != nil && is == nil:
			d.add(widens, "%s may now reach any %s, before only %s", new.Name, key, strings.Join(was.words, ", "))
		case was != nil:
			if gained := is.beyond(was); len(gained) > 0 {
				d.add(widens, "%s may now reach %s %s too", new.Name, key, strings.Join(gained, ", "))
			}
			if lost := was.beyond(is); len(lost) > 0 {
				d.add(narrows, "%s may no longer reach %s %s", new.Name, key, strings.Join(lost, ", "))
			}
		}
	}
}

// boundKeys are the keys under only.
var boundKeys = []string{"queue", "channel", "tag", "assignee", "direction"}

func (b *Bound) term(key string) *bounding {
	if b == nil {
		return nil
	}
	for i := range b.terms {
		if b.terms[i].key == key {
			return &b.terms[i]
		}
	}
	return nil
}

// beyond returns the words whose values the other does not have.
func (t *bounding) beyond(other *bounding) []string {
	var words []string
	for i, v := range t.values {
		if !other.has(v) {
			words = append(words, t.words[i])
		}
	}
	return words
}

// shape compares the values that an agent may give to the arguments of a tool. In whose name it acts was said already.
func (d *diff) shape(agent string, old, new *Shape) {
	if new.tool.Plans() { // what it takes follows from its operations
		return
	}
	for _, p := range new.full.Properties() {
		if new.acts+old.acts != "" && slices.Contains(new.tool.Actors(), p.Name) {
			continue
		}
		wasIDs, wasWords := old.about(p.Name)
		isIDs, isWords := new.about(p.Name)
		if wasIDs != isIDs {
			is := direction{!new.within(old, p.Name), !old.within(new, p.Name)}
			d.add(is, "%s: %s.%s %s → %s", agent, new.tool.Name, p.Name, wasWords, isWords)
		}
	}
}

// about returns what holds for an argument: in ids, to be compared, and in words.
func (s *Shape) about(argument string) (ids, words string) {
	for _, f := range s.filled {
		if f.Argument == argument {
			return "always " + string(f.Value), "always " + s.words[argument]
		}
	}
	for _, c := range s.choices {
		if c.argument == argument {
			values := make([]string, len(c.words))
			for i, w := range c.words {
				values[i] = string(c.values[w])
			}
			slices.Sort(values)
			return strings.Join(values, ","), "one of " + strings.Join(c.words, ", ")
		}
	}
	if s.has(argument) {
		return "any value", "any value"
	}
	return "not given", "not given"
}

// budget compares what bounds an agent's use.
func (d *diff) budget(old, new *Agent) {
	if was, is := old.Budget().PerPerson, new.Budget().PerPerson; was != is {
		d.add(direction{is, was}, "%s: budget per %s → per %s", new.Name, per(was), per(is))
	}
	if was, is := old.Budget().RecordsPerHour > 0, new.Budget().RecordsPerHour > 0; was != is {
		counts := map[bool]string{true: "also counts", false: "no longer counts"}
		d.add(direction{was, is}, "%s: budget rows_per_hour %s what Dixa answers", new.Name, counts[is])
	}
	was, is := old.Budget().lines(), new.Budget().lines()
	for i := range was {
		if was[i] != is[i] {
			more := is[i].most == 0 || was[i].most != 0 && is[i].most > was[i].most
			d.add(direction{more, !more}, "%s: budget %s %s → %s", new.Name, is[i].key, was[i].amount(), is[i].amount())
		}
	}
}

func per(person bool) string {
	if person {
		return perPerson
	}
	return perAgent
}

type budgetLine struct {
	key  string
	most float64
}

func (l budgetLine) amount() string {
	if l.most == 0 {
		return "unbounded"
	}
	return strconv.FormatFloat(l.most, 'f', -1, 64)
}

func (b Budget) lines() []budgetLine {
	return []budgetLine{
		{"requests_per_second", b.RequestsPerSecond},
		{"requests_per_day", float64(b.RequestsPerDay)},
		{"writes_per_hour", float64(b.WritesPerHour)},
		{"writes_per_day", float64(b.WritesPerDay)},
		{"sends_per_hour", float64(b.SendsPerHour)},
		{"sends_per_day", float64(b.SendsPerDay)},
		{"erases_per_hour", float64(b.ErasesPerHour)},
		{"erases_per_day", float64(b.ErasesPerDay)},
		{rowsPerHour, float64(b.RowsPerHour)},
	}
}

// without returns the words of a list that another does not have.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(w string) bool { return slices.Contains(other, w) })
}
