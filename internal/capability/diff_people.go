package capability

import (
	"slices"
	"strconv"
	"strings"
)

// people compares which people may use which agents. A rule that became stricter or looser is another rule.
func (d *diff) people(old, new *Rules) {
	was, is := old.grantsToPeople(), new.grantsToPeople()
	gained, lost := without(is, was), without(was, is)
	for _, g := range gained {
		who, agent, _ := strings.Cut(g, "\x00")
		d.add(widens, "people with %s may use %s", who, agent)
	}
	for _, g := range lost {
		who, agent, _ := strings.Cut(g, "\x00")
		d.add(narrows, "people with %s may no longer use %s by that", who, agent)
	}
	if len(gained)+len(lost) == 0 && !slices.Equal(was, is) {
		d.add(differs, "people: another order, so that %s may be another agent", "…/mcp")
	}
}

// grantsToPeople lists each rule with each of its agents, in words. All values are in it, so that no two are alike.
func (r *Rules) grantsToPeople() []string {
	var all []string
	for _, rule := range r.people {
		keys := make([]string, len(rule.conditions))
		for i, c := range rule.conditions {
			keys[i] = c.key + " "
			if c.claim != "" {
				keys[i] = "claim " + unmistakable(c.claim) + " "
			}
			values := make([]string, len(c.values))
			for n, v := range c.values {
				values[n] = unmistakable(v)
			}
			slices.Sort(values)
			keys[i] += strings.Join(slices.Compact(values), " or ")
		}
		for _, a := range rule.agents {
			if g := strings.Join(keys, ", and ") + "\x00" + a.text; !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	return all
}

// unmistakable puts in quotes what could be several values, or parts of a rule.
func unmistakable(value string) string {
	if strings.ContainsAny(value, ` ,"`) {
		return strconv.Quote(value)
	}
	return value
}
