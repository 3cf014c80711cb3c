package schemas

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/base/when"
)

// scalar writes and returns a value as [checker.value] does.
func (c *checker) scalar(n *node, v *value) (is any) {
	start, problems, ok := len(c.out), len(c.problems), false
	switch n.kind {
	case str:
		var s string
		s, ok = c.text(n, v)
		c.out, is = appendString(c.out, s), s
	case integer:
		ok = c.integer(n, v)
		is = json.Number(c.out[start:])
	case number:
		ok = c.number(n, v)
		is = json.Number(c.out[start:])
	case boolean:
		ok = c.boolean(n, v)
		is = v.kind == 't' || v.text == "true"
	}
	if ok && n.leaf != nil {
		c.lastWord(n, v, c.out[start:])
	}
	if len(c.problems) > problems && n.kind == str && v.kind == '"' && len(n.enum) == 0 {
		c.problems[problems].Text = v.text
	}
	return is
}

// lastWord asks the type itself: by decoding, and by its method Check.
func (c *checker) lastWord(n *node, v *value, canonical []byte) {
	p := reflect.New(n.leaf)
	if err := json.Unmarshal(canonical, p.Interface()); err != nil {
		c.fail(describe(v), n.want(), err.Error())
		return
	}
	if leaf, ok := p.Elem().Interface().(checkable); ok {
		if err := leaf.Check(); err != nil {
			c.fail(describe(v), err.Error(), "")
		}
	}
}

// text returns a string as it is to be sent.
func (c *checker) text(n *node, v *value) (s string, ok bool) {
	if n.format == dateTime {
		return c.time(n, v)
	}
	if v.kind != '"' {
		hint := ""
		if v.kind != '{' && v.kind != '[' && v.kind != 'n' {
			hint = `put it in quotes: "` + shorten(v.text) + `"`
		}
		c.fail(describe(v), n.want(), hint)
		return "", false
	}
	if s = v.text; !c.clean(s) {
		return "", false
	}
	if s, ok = n.contact(s); !ok {
		c.fail(describe(v), "a phone number with its country code, such as +4512345678", "")
		return "", false
	}
	if len(n.enum) > 0 {
		if s, ok = n.among().Find(s); !ok {
			c.fail(describe(v), n.want(), n.enumHint(v.text))
			return "", false
		}
	}
	if n.format == uuidFormat && !uuid.Is(s) {
		c.fail(describe(v), n.want(), "")
		return "", false
	}
	if n.role == roleZone {
		if _, err := when.Zone(s); err != nil {
			c.fail(describe(v), "an IANA time zone such as Europe/Copenhagen", "")
			return "", false
		}
	}
	if count := int64(utf8.RuneCountInString(s)); count < n.min || count > n.max {
		c.fail(fmt.Sprintf("a string of %d characters", count), n.want(), "")
		return "", false
	}
	return s, true
}

// enumHint says which value of an enum may be meant by a text that is none.
func (n *node) enumHint(text string) (hint string) {
	among := n.among()
	if meant := among.Ambiguous(text); len(meant) > 0 {
		return "it can mean " + strings.Join(meant, " or ")
	}
	return didYouMean(text, among.Words())
}

func (c *checker) integer(n *node, v *value) bool {
	text, ok := v.text, v.kind == '0'
	if v.kind == '"' {
		ok = isInteger(text) // "12" is an integer, "12.0" is not
	}
	hint := ""
	if ok && !isInteger(text) {
		text, ok = wholeNumber(text)
	}
	if ok {
		i, err := strconv.ParseInt(text, 10, 64)
		if err == nil && i >= n.min && i <= n.max {
			c.out = strconv.AppendInt(c.out, i, 10)
			return true
		}
		if err != nil {
			hint = "it does not fit into 64 bits"
		}
	}
	c.fail(describe(v), n.want(), hint)
	return false
}

// isInteger tells whether s is an integer of JSON without fraction and exponent.
func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// wholeNumber resolves the fraction and exponent of a JSON number such as 1.50e2
// exactly; false where it is not whole. Of a number with a huge exponent it writes
// only so many zeros that it is out of range in any case.
func wholeNumber(s string) (string, bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	zeros := -len(fraction)
	if digits == "" {
		return "0", true
	}
	significant := strings.TrimRight(digits, "0")
	zeros += len(digits) - len(significant)
	if exponent != "" {
		e, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			e = math.MaxInt32
			if exponent[0] == '-' {
				e = math.MinInt32
			}
		}
		zeros += int(e)
	}
	if zeros < 0 {
		return "", false
	}
	return sign + significant + strings.Repeat("0", min(zeros, 20)), true
}

func (c *checker) number(n *node, v *value) bool {
	text := v.text
	ok := v.kind == '0' || v.kind == '"' && isNumber(text)
	if ok {
		f, err := strconv.ParseFloat(text, n.bits)
		ok = err == nil && !math.IsInf(f, 0)
	}
	if !ok {
		c.fail(describe(v), n.want(), "")
		return false
	}
	c.out = append(c.out, text...)
	return true
}

// isNumber tells whether a string holds a JSON number and nothing else.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "-+.eE0123456789") == "" && json.Valid([]byte(s))
}

func (c *checker) boolean(n *node, v *value) bool {
	if v.kind == 't' || v.kind == 'f' || v.kind == '"' && (v.text == "true" || v.text == "false") {
		c.out = append(c.out, v.text...)
		return true
	}
	c.fail(describe(v), n.want(), "")
	return false
}
