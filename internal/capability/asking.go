package capability

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// asking is an entry of confirm that says which approvers are asked, and for how long.
type asking struct {
	Approvers section[list[word]] `yaml:"approvers"` // those who may decide at once; without it, all whose may has the level, but those under to
	After     span                `yaml:"after"`     // from when those under to may decide, too
	To        section[list[word]] `yaml:"to"`
	Expires   span                `yaml:"expires"` // how long a call waits
}

// longestSpan is how long a call can wait, and how late others can be asked.
const longestSpan = 7 * 24 * time.Hour

// span is a time such as 30m, 2h or 3d.
type span struct {
	at
	long time.Duration
}

func (s *span) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	number, unit := text, time.Duration(0)
	if text != "" {
		number, unit = text[:len(text)-1], units[text[len(text)-1:]]
	}
	count, err := strconv.Atoi(number)
	if err != nil || unit == 0 || count < 1 || count > int(longestSpan/unit) || number != strconv.Itoa(count) {
		d.fail(place(n, key), "must be a time from 1m to 7d, such as 30m, 2h or 3d, not %.20q", text)
		return
	}
	*s = span{place(n, key), time.Duration(count) * unit}
}

func (s span) String() string {
	switch {
	case s.long%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", s.long/(24*time.Hour))
	case s.long%time.Hour == 0:
		return fmt.Sprintf("%dh", s.long/time.Hour)
	}
	return fmt.Sprintf("%dm", s.long/time.Minute)
}

// String says in words who is asked.
func (a *asking) String() string {
	if a == nil {
		return "every approver of the level"
	}
	said := "every approver of the level"
	switch first, to := strings.Join(texts(a.Approvers.value), ", "), strings.Join(texts(a.To.value), ", "); {
	case first != "" && to != "":
		said = first + ", and after " + a.After.String() + " also " + to
	case first != "":
		said = first
	case to != "":
		said += " but " + to + ", and these after " + a.After.String()
	}
	if a.Expires.line > 0 {
		said += ", for " + a.Expires.String()
	}
	return said
}

// checkAsking refuses an entry by which nobody could decide, or not in time.
func (d *decoder) checkAsking(c *confirming, approvers dict[approver]) {
	if c.asks == nil {
		return
	}
	a := c.asks
	may := func(name string) bool {
		return slices.ContainsFunc(approvers.entries, func(e entry[approver]) bool { return e.name.text == name && e.value.decides(c.level) })
	}
	var names []string
	for _, e := range approvers.entries {
		names = append(names, e.name.text)
	}
	for _, w := range slices.Concat(a.Approvers.value, a.To.value) {
		switch {
		case w.line == 0: // said already
		case !slices.Contains(names, w.text):
			d.fail(w.at, "%.80q is not under approvers%s", w.text, didYouMean(w.text, names))
		case !may(w.text):
			d.fail(w.at, "%s may not decide about %s; see may of approvers.%s", w.text, c.level, w.text)
		}
	}
	for _, w := range a.To.value {
		if slices.Contains(texts(a.Approvers.value), w.text) {
			d.fail(w.at, "%s is under approvers of this entry already", w.text)
		}
	}
	first := len(a.Approvers.value) > 0 || slices.ContainsFunc(names, func(name string) bool { return may(name) && !slices.Contains(texts(a.To.value), name) })
	switch {
	case a.Approvers.line > 0 && len(a.Approvers.value) == 0:
		d.fail(a.Approvers.at, "must name at least one approver")
	case (a.After.line > 0) != (len(a.To.value) > 0):
		d.fail(c.at, "after and to need each other: after 2h, to: [a name under approvers]")
	case !first:
		d.fail(a.To.at, "names everybody who may decide about %s, so that nobody is asked before; name the others under approvers of this entry", c.level)
	case a.Expires.line > 0 && a.After.long >= a.Expires.long:
		d.fail(a.After.at, "must be shorter than expires (%s), or those under to could never decide", a.Expires)
	}
}

// Asking says which approvers may decide about a call, and from when.
type Asking struct{ all []*asking } // each must let an approver decide

// Asking returns who is asked about calls that wait by an entry of the agent's confirm, such as send: everybody, where the file
// does not say it. Of an entry that the file does not have any more, those are asked whom all its entries ask.
func (s *settings) Asking(entry string) Asking {
	var all, own Asking
	found := false
	for _, c := range s.source.Confirm.value {
		if c.whose != ConfirmApprover {
			continue
		}
		all.add(c)
		if c.entry() == entry {
			found = true
			own.add(c)
		}
	}
	if found {
		return own
	}
	return all
}

// add adds who is asked by an entry.
func (s *Asking) add(c *confirming) {
	for _, a := range []*asking{c.asks, c.also} {
		if a != nil && !slices.Contains(s.all, a) {
			s.all = append(s.all, a)
		}
	}
}

// entry returns the name of the entry under confirm: a level or a tool.
func (c *confirming) entry() string { return c.key[strings.LastIndexByte(c.key, '.')+1:] }

func (c *confirming) asking() (s Asking) {
	s.add(c)
	return s
}

// Asks returns from how long after the call was parked an approver may decide; ok is false where they never may.
func (s Asking) Asks(name string) (after time.Duration, ok bool) {
	for _, a := range s.all {
		first, to := slices.Contains(texts(a.Approvers.value), name), slices.Contains(texts(a.To.value), name)
		switch {
		case to:
			after = max(after, a.After.long)
		case a.Approvers.line > 0 && !first:
			return 0, false
		}
	}
	return after, true
}

// Escalates returns after which time more approvers are asked, and who; 0 for never.
func (s Asking) Escalates() (after time.Duration, to []string) {
	for _, a := range s.all {
		if a.After.long > after {
			after, to = a.After.long, texts(a.To.value)
		}
	}
	return after, to
}

// Expires returns how long a call waits; 0 where the file does not say it.
func (s Asking) Expires() (long time.Duration) {
	for _, a := range s.all {
		if a.Expires.long > 0 && (long == 0 || a.Expires.long < long) {
			long = a.Expires.long
		}
	}
	return long
}

// String says in words who is asked, "" where that is everybody.
func (s Asking) String() string {
	var said []string
	for _, a := range s.all {
		said = append(said, a.String())
	}
	return strings.Join(said, "; and ")
}

// asking compares which approvers are asked; tools with the same change share a line.
func (d *diff) asking(old, new *Agent) {
	type change struct{ was, is string }
	var changes []change
	changed := map[change][]string{}
	of := func(a *Agent, name string) string {
		c := a.confirming(a.catalog.operations[name].Operations[0])
		if c == nil || c.whose != ConfirmApprover {
			return ""
		}
		return cmp.Or(c.asking().String(), (*asking)(nil).String())
	}
	for _, t := range new.granted {
		if a := new.catalog.operations[t.Name]; a == nil || !old.Operation(t.Name).Allowed {
			continue
		}
		c := change{of(old, t.Name), of(new, t.Name)}
		if c.was == "" || c.is == "" || c.was == c.is {
			continue
		}
		if changed[c] == nil {
			changes = append(changes, c)
		}
		changed[c] = append(changed[c], t.Name)
	}
	for _, c := range changes {
		d.add(differs, "%s: who may approve %s: %s → %s", new.Name, strings.Join(changed[c], ", "), c.was, c.is)
	}
}
