package capability

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// expiresSoon is how long before it expires a key is mentioned.
const expiresSoon = 14 * 24 * time.Hour

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

// expired tells whether the day has begun; a day that the file does not say never does.
func (t day) expired(now time.Time) bool { return !t.begins.IsZero() && !now.Before(t.begins) }

// Key lets an agent in over HTTP.
type Key struct {
	Agent   string
	ID      string    // by which records name it
	Expires time.Time // when it expires; zero: never
}

// Key finds an agent's key by its SHA-256. One that has expired is not ok; what is returned then says whose it was, for
// the operator alone. The digests are looked up in a map, whose time can tell something about the digest that was asked
// for: of 32 random bytes no one can choose it so that it comes near to another.
func (r *Rules) Key(digest [sha256.Size]byte, now time.Time) (k Key, ok bool) {
	k, ok = r.keys[digest]
	return k, ok && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Keys lists the agents' keys, those that expire first before those that expire later or never.
func (r *Rules) Keys() []Key {
	return slices.SortedFunc(maps.Values(r.keys), func(a, b Key) int {
		if a.Expires.IsZero() != b.Expires.IsZero() {
			return cmp.Compare(b.Expires.Unix(), a.Expires.Unix())
		}
		return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.ID, b.ID))
	})
}

// ExpiringKeys lists the keys that are valid and expire within 14 days, the first to expire first.
func (r *Rules) ExpiringKeys(now time.Time) []Key {
	return slices.DeleteFunc(r.Keys(), func(k Key) bool {
		return k.Expires.IsZero() || !now.Before(k.Expires) || k.Expires.Sub(now) > expiresSoon
	})
}

// KeyHolder returns the agent that has the key with the id, expired or not.
func (r *Rules) KeyHolder(id string) (agent string, ok bool) {
	for _, k := range r.keys {
		if k.ID == id {
			return k.Agent, true
		}
	}
	return "", false
}

// keys returns the agents' keys of a file that was checked, by digest.
func (f *file) keys() map[[sha256.Size]byte]Key {
	all := map[[sha256.Size]byte]Key{}
	for _, e := range f.Agents.entries {
		for _, k := range e.value.Keys.value {
			var digest [sha256.Size]byte
			_, _ = hex.Decode(digest[:], []byte(k.SHA256.text)) // checked
			all[digest] = Key{Agent: e.name.text, ID: k.ID.text, Expires: k.Expires.begins}
		}
	}
	return all
}

// CheckKeyID tells whether a key can have the id.
func CheckKeyID(id string) error {
	switch {
	case !isName(id, "._-"):
		return errors.New("must be a letter, then up to 39 letters, digits, ., _ and -, all lower case")
	case id == TokenKey:
		return errors.New("is what records say for tokens of the issuer under oidc; choose another")
	}
	return nil
}

// TokenKey is recorded in place of the id of a key, for a client that authenticated with a token.
const TokenKey = "oidc"

// checkKeys refuses keys that are none, and those that another holder has.
func (d *decoder) checkKeys(f *file, holders map[string]string) {
	ids := map[string]string{}
	for _, e := range f.Agents.entries {
		for _, k := range e.value.Keys.value {
			if err := CheckKeyID(k.ID.text); k.ID.line > 0 && err != nil {
				d.fail(k.ID.at, "%v", err)
			}
			if other, taken := ids[k.ID.text]; taken && k.ID.line > 0 {
				d.fail(k.ID.at, "%.80q is the id of a key of %s, too: records name keys by it", k.ID.text, other)
			}
			ids[k.ID.text] = e.name.text
			d.checkKey(e.name.text, k.SHA256, holders, fmt.Sprintf("; `dixa-mcp key new --agent %s` makes a key and the line for it", e.name.text))
		}
	}
}

// aboutKeys notes keys that have expired or expire soon.
func (n *agentNotes) aboutKeys(now time.Time) {
	for _, k := range n.agent.source.Keys.value {
		n.aboutDigest(k.SHA256.at, k.SHA256.text, "--agent "+n.agent.Name)
		switch left := k.Expires.begins.Sub(now); {
		case k.Expires.begins.IsZero():
			n.add(k.ID.at, "the key %s never expires", k.ID.text)
		case k.Expires.expired(now):
			n.add(k.Expires.at, "the key %s has expired", k.ID.text)
		case left <= expiresSoon:
			n.add(k.Expires.at, "the key %s expires in %d days", k.ID.text, int((left-1)/(24*time.Hour))+1)
		}
	}
}

// placeholder begins the digests of the examples, which no key has.
const placeholder = "00000000000000000000000000000000000000000000000000000000"

// triedFirst are keys that whoever looks for a way in tries first. Examples of 1.0 had the digests of the first four.
var triedFirst = []string{"foo", "bar", "baz", "qux", "key", "secret", "password", "test", ""}

// aboutDigest notes a digest of an example, of which nobody can have the key, and one of a key that everybody can guess.
func (l *noteList) aboutDigest(where at, digest, whose string) {
	if strings.HasPrefix(digest, placeholder) {
		l.add(where, "the digest is that of an example, and nobody has its key: make one with dixa-mcp key new %s", whose)
	}
	for _, word := range triedFirst {
		if sum := sha256.Sum256([]byte(word)); strings.EqualFold(digest, hex.EncodeToString(sum[:])) {
			l.add(where, "the digest is that of the key %q, which anybody can guess: make another one with dixa-mcp key new %s", word, whose)
		}
	}
}
