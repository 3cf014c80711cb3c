package capability

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// expiresSoon is how long before its end a key is mentioned.
const expiresSoon = 30 * 24 * time.Hour

// day is a day of the calendar, which begins in UTC.
type day struct {
	at
	begins time.Time // zero when the file does not say it
}

func (t *day) decode(d *decoder, n *yaml.Node, key string) {
	begins, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.fail(place(n, key), "must be a day such as 2027-02-01, not %.80q", n.Value)
		return
	}
	*t = day{place(n, key), begins}
}

// checkKeys refuses keys that are none, and those that somebody else has.
func (d *decoder) checkKeys(f *file, holders map[string]string) {
	ids := map[string]string{}
	for _, e := range f.Agents.entries {
		for _, k := range e.value.Keys.value {
			if k.ID.line > 0 && !isName(k.ID.text, "._-") {
				d.fail(k.ID.at, "must be a letter, then up to 39 letters, digits, ., _ and -, all lower case")
			}
			if other, taken := ids[k.ID.text]; taken && k.ID.line > 0 {
				d.fail(k.ID.at, "%.80q is the id of a key of %s, too: records name keys by it", k.ID.text, other)
			}
			ids[k.ID.text] = e.name.text
			d.checkKey(e.name.text, k.SHA256, holders, "")
		}
	}
}

// aboutKeys notes keys that let nobody in any more, or not for long.
func (l *noteList) aboutKeys(a *Agent, now time.Time) {
	keys := a.source.Keys
	if len(keys.value) > 0 {
		l.add(keys.at, "this version serves over stdin and stdout only: no key lets anybody in")
	}
	for _, k := range keys.value {
		switch left := k.Expires.begins.Sub(now); {
		case k.Expires.begins.IsZero():
			l.add(k.ID.at, "the key %s never expires", k.ID.text)
		case left <= 0:
			l.add(k.Expires.at, "the key %s has expired", k.ID.text)
		case left <= expiresSoon:
			l.add(k.Expires.at, "the key %s expires in %d days", k.ID.text, int(left.Hours()/24)+1)
		}
	}
}
