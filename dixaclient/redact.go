package dixaclient

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

const redactedText = "[redacted]"

// shortestRedacted is the least length of a token that is looked for, in bytes: a shorter one is for tests, and would be
// found in other words.
const shortestRedacted = 8

// redactor finds a token in what a server sends, also in another form: in another case, escaped as JSON, URLs or HTML
// do, also one in the other, in hexadecimal, and in Base64 whatever comes before it.
type redactor struct {
	token   string
	needles []needle
	starts  [256]starting // by the first byte of an occurrence
}

// starting says how an occurrence goes on that begins with a byte: with any byte, where either can be escaped, or with
// certain ones. Most bytes of an answer begin some needle; few pairs do.
type starting struct {
	any  bool
	then [4]uint64 // a bit for each byte
}

func (s *starting) goesOn(c byte) bool { return s.then[c>>6]&(1<<(c&63)) != 0 }

// needle is a form of the token that is looked for.
type needle struct {
	text string
	fold bool // in any case
	pad  int  // characters of Base64 on both sides that have some bits of the token
}

// newRedactor makes a redactor. It finds nothing of a token that is so short that it would be found by chance.
func newRedactor(token string) *redactor {
	r := &redactor{token: token}
	if len(token) < shortestRedacted {
		return r
	}
	r.needles = []needle{{hex.EncodeToString([]byte(token)), true, 0}}
	if bare := strings.ReplaceAll(token, `\`, ""); bare != "" { // backslashes are skipped where it is looked for
		r.needles = append(r.needles, needle{strings.ToLower(bare), true, 0})
	}
	seen := map[string]bool{}
	for _, t := range []string{token, strings.ToLower(token), strings.ToUpper(token)} {
		for before := range 3 { // bytes in the same group of three
			text := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + t))
			text = text[[]int{0, 2, 3}[before]:]
			if (before+len(t))%3 != 0 {
				text = text[:len(text)-1] // what follows is in it
			}
			if !seen[text] {
				seen[text] = true
				r.needles = append(r.needles, needle{text, false, 2})
			}
		}
	}
	for _, c := range []byte(escapes) {
		r.starts[c].any = true
	}
	for _, n := range r.needles {
		for c := range 256 {
			if n.same(byte(c), n.text[0]) {
				r.starts[c].followedBy(n)
			}
		}
	}
	return r
}

// escapes begin characters that are written in another form.
const escapes = `\%&`

// followedBy notes what comes behind the first character of a needle.
func (s *starting) followedBy(n needle) {
	if len(n.text) == 1 {
		s.any = true
		return
	}
	for c := range 256 {
		if n.same(byte(c), n.text[1]) || strings.IndexByte(escapes, byte(c)) >= 0 {
			s.then[c>>6] |= 1 << (c & 63)
		}
	}
}

// redact returns the text without the token; without an occurrence it is the same slice.
func (r *redactor) redact(text []byte) []byte {
	if len(r.token) < shortestRedacted || len(text) < shortestRedacted {
		return text
	}
	if bytes.Contains(text, []byte(r.token)) {
		text = bytes.ReplaceAll(text, []byte(r.token), []byte(redactedText))
	}
	var out []byte
	kept := 0
	for i := 0; i < len(text); i++ {
		if s := &r.starts[text[i]]; !s.any && (i+1 == len(text) || !s.goesOn(text[i+1])) || text[i] == '\\' && i > 0 && text[i-1] == '\\' {
			continue
		}
		from, to, found := r.at(text, i)
		if !found {
			continue
		}
		out = append(append(out, text[kept:max(from, kept)]...), redactedText...)
		kept, i = to, to-1
	}
	if kept == 0 {
		return text
	}
	return append(out, text[kept:]...)
}

// at tells whether an occurrence begins at i, and which bytes have something of the token.
func (r *redactor) at(text []byte, i int) (from, to int, found bool) {
	first, n := character(text[i:])
	for _, want := range r.needles {
		if !want.same(first, want.text[0]) {
			continue
		}
		end, k := i+n, 1
		for ; k < len(want.text) && end < len(text); k++ {
			c, n := character(text[end:])
			if !want.same(c, want.text[k]) {
				break
			}
			end += n
		}
		if k < len(want.text) {
			continue
		}
		escaped := bytes.IndexByte(text[max(i-6, 0):i], '\\') >= 0 // half an escape would be no JSON
		for range want.pad {
			if i > 0 && !escaped && inBase64(text[i-1]) {
				i--
			}
			if end < len(text) && inBase64(text[end]) {
				end++
			}
		}
		return i, end, true
	}
	return 0, 0, false
}

// same compares a character of a text with one of the needle.
func (n needle) same(c, want byte) bool {
	switch {
	case c == want:
		return true
	case n.fold:
		return 'A' <= c && c <= 'Z' && c+'a'-'A' == want
	}
	return c == '+' && want == '-' || c == '/' && want == '_' // both alphabets of Base64
}

func inBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// namedEntities are those of the characters of tokens that are no letters or digits.
var namedEntities = []struct {
	name string
	char byte
}{{"plus;", '+'}, {"sol;", '/'}, {"period;", '.'}, {"lowbar;", '_'}, {"UnderBar;", '_'}, {"equals;", '='}, {"colon;", ':'}}

// character decodes the first character of a text, which is not empty, and returns its length as it is written.
func character(text []byte) (byte, int) {
	switch text[0] {
	case '\\', '%', '&':
	default:
		return text[0], 1
	}
	c, n := ofURL(text)
	if c != '&' {
		return c, n
	}
	rest := text[n:]
	for bytes.HasPrefix(rest, []byte("amp;")) {
		rest = rest[4:]
	}
	if len(rest) < 2 || rest[0] != '#' {
		for _, e := range namedEntities {
			if bytes.HasPrefix(rest, []byte(e.name)) {
				return e.char, len(text) - len(rest) + len(e.name)
			}
		}
		return c, len(text) - len(rest)
	}
	rest = rest[1:]
	base, value, digits := 10, 0, 0
	if rest[0] == 'x' || rest[0] == 'X' {
		base, rest = 16, rest[1:]
	}
	for ; len(rest) > 0 && value < 128; rest, digits = rest[1:], digits+1 {
		d := digit(rest[0])
		if d < 0 || d >= base {
			break
		}
		value = value*base + d
	}
	if digits == 0 || value >= 128 {
		return c, n
	}
	rest = bytes.TrimPrefix(rest, []byte(";"))
	return byte(value), len(text) - len(rest)
}

// ofURL decodes %XX, also where its % is encoded again.
func ofURL(text []byte) (byte, int) {
	c, n := ofJSON(text)
	for c == '%' && n+1 < len(text) {
		high, low := digit(text[n]), digit(text[n+1])
		if high < 0 || low < 0 {
			break
		}
		c, n = byte(high<<4|low), n+2
	}
	return c, n
}

// ofJSON decodes \u00XX and \xXX, and skips the backslashes before any other character.
func ofJSON(text []byte) (byte, int) {
	n := 0
	for n < len(text)-1 && text[n] == '\\' {
		n++
	}
	if rest := text[n:]; n > 0 {
		digits := bytes.TrimPrefix(rest, []byte("u00"))
		if len(digits) == len(rest) {
			digits = bytes.TrimPrefix(rest, []byte("x"))
		}
		if len(digits) < len(rest) && len(digits) >= 2 {
			if high, low := digit(digits[0]), digit(digits[1]); high >= 0 && low >= 0 {
				return byte(high<<4 | low), len(text) - len(digits) + 2
			}
		}
	}
	return text[n], n + 1
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// redactedError is an error whose text has the token.
type redactedError struct {
	error
	text string
}

// Error returns the text without the token.
func (e *redactedError) Error() string { return e.text }

// Unwrap returns the error itself, so that its kind is still known.
func (e *redactedError) Unwrap() error { return e.error }

// withoutTokens takes the tokens out of an answer: a gateway in between may repeat what it was sent, and keep what
// another token got.
func (c *core) withoutTokens(body []byte) []byte {
	for _, t := range c.tokens {
		if r := t.last.Load(); r != nil {
			body = r.redact(body)
		}
	}
	return body
}

// textWithoutTokens applies withoutTokens to a header or a message.
func (c *core) textWithoutTokens(s string) string { return string(c.withoutTokens([]byte(s))) }

// errorWithoutTokens takes the tokens out of what an error says.
func (c *core) errorWithoutTokens(e *Error) {
	e.Message = c.textWithoutTokens(e.Message)
	if e.Err != nil {
		said := e.Err.Error()
		if clean := c.textWithoutTokens(said); clean != said {
			e.Err = &redactedError{e.Err, clean}
		}
	}
}
