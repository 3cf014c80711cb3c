package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"maps"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dixa-mcp/internal/base/plainjson"
)

// Kind says how an argument is recorded.
type Kind int

const (
	// Text is recorded as its length in characters and the start of its SHA-256, which is enough to prove later
	// that a certain text was sent, though not to read it. It is what every name gets that is not listed.
	Text Kind = iota
	// Plain is recorded as it is: ids, enums, numbers, times. A string that has white space or more than 128 bytes
	// is no such thing, and recorded as Text.
	Plain
	// Personal is recorded as a keyed hash (HMAC-SHA256), so that records about one e-mail address or phone number
	// can be found, but not by guessing without the key. Case and surrounding white space do not count.
	Personal
)

const (
	hashDigits     = 16  // hex digits of a hash in arguments: 64 bits
	maxPlainString = 128 // bytes
	maxPlainNumber = 40  // bytes
)

// Arguments are the arguments of a call as its records have them: reduced to what may be recorded. The zero Arguments are none.
type Arguments struct {
	text   json.RawMessage
	values any // what text holds; nil where it was not reduced here, so that it must be read
}

// Unreduced returns arguments that have nothing in them which may not be recorded. Text that is not JSON is refused when the record
// is written.
func Unreduced(text json.RawMessage) Arguments { return Arguments{text: text} }

// JSON returns the arguments as they are recorded; nil for none.
func (a Arguments) JSON() json.RawMessage { return a.text }

// String returns the same as text.
func (a Arguments) String() string { return string(a.text) }

// IsZero reports whether there are none.
func (a Arguments) IsZero() bool { return len(a.text) == 0 }

// MarshalJSON returns the arguments as they are recorded.
func (a Arguments) MarshalJSON() ([]byte, error) { return a.text, nil }

// UnmarshalJSON takes arguments from a record.
func (a *Arguments) UnmarshalJSON(text []byte) error {
	*a = Arguments{text: bytes.Clone(text)}
	return nil
}

// Values returns what the arguments hold, with numbers as [json.Number]; nil for none, and for what cannot be read.
func (a Arguments) Values() any {
	if a.values != nil || a.IsZero() {
		return a.values
	}
	value, _ := decode(a.text)
	return value
}

// decode reads one JSON value and nothing behind it.
func decode(text []byte) (value any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&value) != nil || len(bytes.Trim(text[dec.InputOffset():], " \t\r\n")) > 0 {
		return nil, false
	}
	return value, true
}

// Reduce reduces the arguments of a call to what may be recorded, by an allow-list: kinds says how each argument
// is recorded, by its name (dotted for nested ones; items of a list have the name of the list). Names that are not
// listed are themselves replaced by "#" and the start of their SHA-256, since a model can put anything there.
//
//	Text      {"chars":120,"sha256":"9f86d081884c7d65"}
//	Personal  {"hash":"3c1d5bb0c7a2e901"}, or {"chars":14} without a key
//
// Numbers are plain where the argument is known, but one that is declared Personal or is beyond 2^31, as phone numbers
// are, is hashed; booleans
// are plain everywhere.
// Nulls are dropped. Plain is not inherited by what is nested in an argument; Personal is.
func Reduce(arguments iter.Seq2[string, any], kinds map[string]Kind, key []byte) Arguments {
	return reduced(reducer{kinds: kinds, key: key}.object("", Text, arguments))
}

// ReduceJSON reduces arguments that were not read before, as [Reduce] does. What is not JSON becomes {"unreadable":<bytes>}, and no
// arguments become none.
func ReduceJSON(raw json.RawMessage, kinds map[string]Kind, key []byte) Arguments {
	if len(bytes.TrimSpace(raw)) == 0 {
		return Arguments{}
	}
	switch value, ok := decode(raw); {
	case !ok:
		return reduced(map[string]any{"unreadable": number(len(raw))})
	case value == nil:
		return Arguments{}
	default:
		return reduced(reducer{kinds: kinds, key: key}.value("", Text, value))
	}
}

func reduced(values any) Arguments {
	text, err := plainjson.Marshal(values)
	if err != nil { // cannot be: they are texts, numbers, lists and objects
		return Arguments{text: []byte(`{"unreadable":0}`)}
	}
	return Arguments{text, values}
}

type reducer struct {
	kinds   map[string]Kind
	key     []byte
	unknown bool // nothing is known of what the argument holds, not even what its numbers are
}

// value reduces one value that is not null.
func (r reducer) value(path string, kind Kind, value any) any {
	switch v := value.(type) {
	case map[string]any:
		return r.object(path, kind, maps.All(v))
	case []any:
		kept := make([]any, 0, len(v))
		for _, item := range v {
			if item != nil {
				kept = append(kept, r.value(path, kind, item))
			}
		}
		return kept
	case json.Number:
		if kind == Personal || isLarge(v) {
			return r.personal(v.String())
		}
		if len(v) > maxPlainNumber || r.unknown {
			return text(v.String())
		}
		return v
	case string:
		switch {
		case kind == Personal:
			return r.personal(v)
		case kind == Plain && looksPlain(v):
			return v
		}
		return text(v)
	}
	return value // a boolean
}

// isLarge reports whether a number is larger than ids and counts are: phone numbers are.
func isLarge(n json.Number) bool {
	f, err := n.Float64()
	return err != nil || math.Abs(f) > math.MaxInt32
}

func (r reducer) object(path string, inherited Kind, object iter.Seq2[string, any]) any {
	if inherited == Plain {
		inherited = Text
	}
	kept := map[string]any{}
	for name, v := range object {
		if v == nil {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		kind, listed := r.kinds[at]
		if !listed {
			kind = inherited
		}
		if listed || r.leadsToListed(at) {
			kept[name] = r.value(at, kind, v)
		} else { // and nothing nested in it is listed either
			kept["#"+digest(name)[:8]] = reducer{key: r.key, unknown: true}.value("", kind, v)
		}
	}
	return kept
}

// leadsToListed reports whether something nested in the argument at path is listed.
func (r reducer) leadsToListed(path string) bool {
	for listed := range r.kinds {
		if rest, ok := strings.CutPrefix(listed, path); ok && strings.HasPrefix(rest, ".") {
			return true
		}
	}
	return false
}

func (r reducer) personal(s string) any {
	if len(r.key) == 0 {
		return map[string]any{"chars": number(utf8.RuneCountInString(s))}
	}
	return map[string]any{"hash": Hash(r.key, s)}
}

// Hash returns the hash by which records hold an e-mail address or another [Personal] argument.
func Hash(key []byte, s string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.ToLower(strings.TrimSpace(s))))
	return hex.EncodeToString(mac.Sum(nil))[:hashDigits]
}

func text(s string) any {
	return map[string]any{"chars": number(utf8.RuneCountInString(s)), "sha256": digest(s)}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:hashDigits]
}

// looksPlain reports whether a string can be an id, an enum or a time, rather than prose.
func looksPlain(s string) bool {
	return len(s) <= maxPlainString && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}
