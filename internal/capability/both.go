package capability

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Both returns rules that allow only what both rules allow: agents, keys, tokens and approvers that are in both, with the
// tools, bounds, values and budgets that both give, and the stricter confirmation. A tool whose values in the two cannot
// be compared is refused, and so is every tool of an agent whose bounds have nothing in common. Their lines are those of
// the old file. They are for the time in which a changed file waits to be put in force.
func Both(old, new *Rules) *Rules {
	sum := sha256.Sum256([]byte(old.digest + " " + new.digest))
	r := *old
	r.digest = "sha256:" + hex.EncodeToString(sum[:6])
	r.agents, r.byName = nil, map[string]func() *Agent{}
	for _, a := range old.Agents() {
		if other := new.named(a.Name); other != nil {
			b := (&merge{a, other}).agent()
			b.one = sync.OnceValue(b.withinOne)
			r.add(b.Name, func() *Agent { return b })
		}
	}
	r.stdio = slices.DeleteFunc(slices.Clone(old.stdio), func(w word) bool { return !slices.Contains(texts(new.stdio), w.text) })
	r.approvers, r.auditors = bothApprovers(old, new), bothAuditors(old, new)
	r.keep, r.archive = bothKeep(old.keep, new.keep), bothKeep(old.archived(), new.archived())
	r.keys = map[[sha256.Size]byte]Key{}
	for digest, k := range old.keys {
		if other, ok := new.keys[digest]; ok && other.Agent == k.Agent {
			k.Expires = earlier(k.Expires, other.Expires)
			r.keys[digest] = k
		}
	}
	if old.oidc != new.oidc {
		r.oidc, r.oidcAt = OIDC{}, at{}
	}
	r.other = new
	r.claims = maps.Clone(old.claims)
	maps.DeleteFunc(r.claims, func(claim, agent string) bool { return r.oidc.Issuer == "" || new.claims[claim] != agent })
	return &r
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func bothApprovers(old, new *Rules) []keyholder {
	var both []keyholder
	for _, k := range old.approvers {
		other := new.keyholder(k.Name)
		if other == nil || other.digest != k.digest || k.Email != "" && other.Email != "" && !SameEmail(k.Email, other.Email) {
			continue
		}
		k.Email = cmp.Or(k.Email, other.Email)
		k.May = slices.DeleteFunc(slices.Clone(k.May), func(l dixaclient.Level) bool { return !other.Decides(l) })
		if len(k.May) > 0 {
			both = append(both, k)
		}
	}
	return both
}

// merge makes one agent of its two versions, which has what both allow.
type merge struct{ old, new *Agent }

func (m *merge) agent() *Agent {
	a, other := m.old, m.new
	b, g := *a, *a.grants
	b.grants, b.held, b.people = &g, true, a.people && other.people
	if b.acting == "" {
		b.acting, b.source.ActsAs = other.acting, other.source.ActsAs
	}
	var reachable bool
	if b.bound, reachable = a.bound.both(other.bound); reachable {
		b.allowed, b.shapes, b.granted = m.tools()
	} else {
		b.bound, b.allowed, b.shapes, b.granted = a.bound, map[string]Decision{}, map[string]*Shape{}, nil
	}
	m.cover(&b)
	b.source.Confirm.value = m.confirms()
	if !other.SendsOnApproval() {
		b.source.OnApproval.value = OnApprovalAgent
	}
	b.source.Budget.value = bothBudgets(a.source.Budget.value, other.source.Budget.value)
	b.source.Keys.value = slices.DeleteFunc(slices.Clone(a.source.Keys.value), func(k agentKey) bool {
		return !slices.ContainsFunc(other.source.Keys.value, func(o agentKey) bool { return strings.EqualFold(o.SHA256.text, k.SHA256.text) })
	})
	if other.source.OIDCClaim.text != a.source.OIDCClaim.text {
		b.source.OIDCClaim = word{}
	}
	return &b
}

// tools returns the tools that both versions of the agent have, each in the narrower of its two shapes. A tool that is
// made of several operations needs each of them.
func (m *merge) tools() (allowed map[string]Decision, shapes map[string]*Shape, granted []*tools.Tool) {
	shapes = map[string]*Shape{}
	for _, t := range m.old.granted {
		switch old, new := m.old.Shape(t), m.new.Shape(t); {
		case new == nil:
		case new.allWithin(old):
			shapes[t.Name] = new
		case old.allWithin(new):
			shapes[t.Name] = old
		}
	}
	allowed = map[string]Decision{}
	for _, t := range m.old.granted {
		withdrawn := slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool { return shapes[op.Name] == nil })
		if shapes[t.Name] != nil && !withdrawn {
			allowed[t.Name] = m.old.allowed[t.Name]
			granted = append(granted, t)
		}
	}
	return allowed, shapes, granted
}

// cover hides from the agent what either version does not see. Where the new one finds its tools, so does the agent.
func (m *merge) cover(a *Agent) {
	a.coveredBy = maps.Clone(m.old.coveredBy)
	maps.Copy(a.coveredBy, m.new.coveredBy)
	if m.new.Discovers() {
		a.source.Surface = m.new.source.Surface
	}
	a.addFinder()
}

// both returns what two bounds have in common; not ok when it is nothing.
func (b *Bound) both(other *Bound) (_ *Bound, ok bool) {
	if b == nil || other == nil {
		if b == nil {
			b = other
		}
		return b, true
	}
	common := &Bound{rule: b.rule}
	for _, key := range boundKeys {
		switch was, is := b.term(key), other.term(key); {
		case was == nil && is == nil:
		case was == nil:
			common.terms = append(common.terms, *is)
		case is == nil:
			common.terms = append(common.terms, *was)
		default:
			t := bounding{key: key}
			for i, v := range was.values {
				if is.has(v) {
					t.values, t.words = append(t.values, v), append(t.words, was.words[i])
				}
			}
			if len(t.values) == 0 {
				return common, false
			}
			common.terms = append(common.terms, t)
		}
	}
	return common, true
}

// confirms returns an entry for each operation that waits for a person in either version: the stricter of the two.
func (m *merge) confirms() confirms {
	var both confirms
	for _, name := range m.old.catalog.names {
		t := m.old.catalog.operations[name]
		c, o := m.old.confirming(t.Operations[0]), m.new.confirming(t.Operations[0])
		var also *asking
		if c != nil && o != nil && c.whose == o.whose {
			also = o.asks
		}
		if c == nil || o != nil && o.whose.rank() > c.whose.rank() {
			c = o
		}
		if c != nil {
			both = append(both, &confirming{at: c.at, tool: t, level: t.Level, whose: c.whose, asks: c.asks, also: also})
		}
	}
	return both
}

func bothBudgets(a, b budget) budget {
	if b.Per.text != perPerson {
		a.Per = b.Per
	}
	if r := b.RequestsPerSecond; r.line > 0 && (a.RequestsPerSecond.line == 0 || r.value.number < a.RequestsPerSecond.value.number) {
		a.RequestsPerSecond = r
	}
	for _, pair := range [][2]*section[count]{
		{&a.RequestsPerDay, &b.RequestsPerDay},
		{&a.WritesPerHour, &b.WritesPerHour}, {&a.WritesPerDay, &b.WritesPerDay},
		{&a.SendsPerHour, &b.SendsPerHour}, {&a.SendsPerDay, &b.SendsPerDay},
		{&a.ErasesPerHour, &b.ErasesPerHour}, {&a.ErasesPerDay, &b.ErasesPerDay},
	} {
		if pair[1].line > 0 && (pair[0].line == 0 || pair[1].value.number < pair[0].value.number) {
			*pair[0] = *pair[1]
		}
	}
	if a.RowsPerHour.line > 0 || b.RowsPerHour.line > 0 { // which counts what Dixa answers, too
		rows := func(b budget) int { return cmp.Or(b.RowsPerHour.value.number, DefaultRowsPerHour) }
		most := min(rows(a), rows(b))
		if a.RowsPerHour.line == 0 {
			a.RowsPerHour = b.RowsPerHour
		}
		a.RowsPerHour.value.number = most
	}
	return a
}

// Removed lists the keys that keep agents within limits, and that the old rules have and the new ones do not, such as
// agents.triage.deny: deny, surface, only, confirm, budget and arguments, and what is under them.
func Removed(old, new *Rules) []string {
	var gone []string
	for _, a := range new.Agents() {
		was := old.named(a.Name)
		if was == nil {
			continue
		}
		has := limiting(a)
		for _, key := range slices.Sorted(maps.Keys(limiting(was))) {
			if !has[key] {
				gone = append(gone, "agents."+a.Name+"."+key)
			}
		}
	}
	return gone
}

// limiting returns the keys of an agent that keep it within limits, without the agent's own.
func limiting(a *Agent) map[string]bool {
	keys := map[string]bool{}
	for _, o := range a.source.Deny {
		keys["deny "+o.tool.Name] = true
	}
	if a.Surface() == SurfaceTasks {
		keys["surface"] = true
	}
	if a.bound != nil {
		for _, t := range a.bound.terms {
			keys["only."+t.key] = true
		}
	}
	for _, r := range a.source.Arguments.value {
		if !r.free {
			keys["arguments."+r.tool.Name+"."+r.property.Name] = true
		}
	}
	for _, c := range a.source.Confirm.value {
		if c.tool != nil {
			keys["confirm."+c.tool.Name] = true
		} else {
			keys["confirm."+c.level.String()] = true
		}
	}
	for _, l := range a.Budget().lines() {
		if l.most != 0 && (l.key != rowsPerHour || a.Budget().RecordsPerHour != 0) {
			keys["budget."+l.key] = true
		}
	}
	return keys
}
