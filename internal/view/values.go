package view

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2/css"

	"dixa-mcp/internal/base/jsonscan"
)

// ident returns the text of a token in lower case, its escapes resolved: di\73play is display.
func ident(t css.Token) string {
	for _, ch := range t.Data {
		if ch == '\\' {
			return strings.ToLower(unescapeCSS(string(t.Data)))
		}
	}
	return strings.ToLower(string(t.Data))
}

// unescapeCSS resolves the escapes of a name.
func unescapeCSS(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			i++
			continue
		}
		n := 1
		for n < 7 && i+n < len(s) && isHex(s[i+n]|0x20) && s[i+n] != 0x10 {
			n++
		}
		if n == 1 { // the character itself
			_, size := utf8.DecodeRuneInString(s[i+1:])
			out.WriteString(s[i+1 : i+1+size])
			i += 1 + size
			continue
		}
		code, err := strconv.ParseUint(s[i+1:i+n], 16, 32)
		if err != nil || code == 0 || code > utf8.MaxRune {
			code = utf8.RuneError
		}
		out.WriteRune(rune(code))
		if i += n; i < len(s) && jsonscan.IsSpace(s[i]) {
			i++
		}
	}
	return out.String()
}

// number reads a number token: 12px is 12 and px, 50% is 50 and %.
func number(t css.Token) (float64, string) {
	end := 0
	for end < len(t.Data) && (isDigit(t.Data[end]) || strings.IndexByte("+-.", t.Data[end]) >= 0 || isExponent(t.Data, end)) {
		end++
	}
	x, err := strconv.ParseFloat(string(t.Data[:end]), 64)
	if err != nil && x == 0 {
		return 0, "?"
	}
	return x, ident(css.Token{Data: t.Data[end:]})
}

// isExponent reports whether the e at i belongs to a number, as in 1e3, and not to a unit, as in 1em.
func isExponent(data []byte, i int) bool {
	if data[i]|0x20 != 'e' || i == 0 || i+1 == len(data) {
		return false
	}
	next := data[i+1]
	return isDigit(next) || (next == '-' || next == '+') && i+2 < len(data) && isDigit(data[i+2])
}

// closing returns the index behind the bracket that closes the one v begins with.
func closing(v []css.Token) int {
	depth := 0
	for i, t := range v {
		switch t.TokenType {
		case css.FunctionToken, css.LeftParenthesisToken, css.LeftBracketToken, css.LeftBraceToken:
			depth++
		case css.RightParenthesisToken, css.RightBracketToken, css.RightBraceToken:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(v)
}

// length is one value of a property that takes lengths.
type length struct {
	n    float64
	unit unit
}

type unit byte

const (
	pixels  unit = iota
	ems          // of the font size around
	percent      // of the box, or the font size, around
	auto         // a keyword that leaves the size to the browser
	opaque       // a value whose size is not known, such as calc()
	noValue      // no value of such a property: browsers ignore it
)

// screen is the width and height in pixels that relative units are of.
const screen = 1000

var unitPixels = map[string]float64{
	"px": 1, "": 1, "pt": 4.0 / 3, "pc": 16, "in": 96, "cm": 37.8, "mm": 3.78, "q": 0.945, "rem": 16,
	"vw": screen / 100, "vh": screen / 100, "vmin": screen / 100, "vmax": screen / 100, "vi": screen / 100, "vb": screen / 100,
	"dvw": screen / 100, "dvh": screen / 100, "svw": screen / 100, "svh": screen / 100, "lvw": screen / 100, "lvh": screen / 100,
}

// readLength reads one token. Mail is mostly read in quirks mode, in which a number alone is pixels.
func readLength(t css.Token) length {
	switch t.TokenType {
	case css.NumberToken, css.DimensionToken, css.PercentageToken:
		n, u := number(t)
		switch u {
		case "em":
			return length{n, ems}
		case "ex", "ch", "cap", "ic", "lh", "rlh", "rex", "rch":
			return length{n / 2, ems}
		case "%":
			return length{n, percent}
		}
		if factor, ok := unitPixels[u]; ok {
			return length{n * factor, pixels}
		}
		return length{0, noValue}
	case css.IdentToken:
		switch ident(t) {
		case "auto", "none", "normal", "inherit", "initial", "unset", "revert", "revert-layer", "max-content", "min-content",
			"fit-content", "stretch", "-webkit-fill-available", "-moz-available", "contain":
			return length{0, auto}
		}
		return length{0, noValue}
	}
	return length{0, opaque}
}

// lengths reads the values of a property that takes up to four.
func lengths(v []css.Token) (list [4]length, n int) {
	for i := 0; i < len(v); {
		size := 1
		if v[i].TokenType == css.FunctionToken {
			size = closing(v[i:])
		}
		if v[i].TokenType != css.WhitespaceToken {
			if n == 4 {
				return list, 5
			}
			list[n] = readLength(v[i])
			n++
		}
		i += size
	}
	return list, n
}

// px returns a length in pixels; a relative one as for a font of 16 pixels.
func (l length) px() float64 {
	if l.unit == ems {
		return l.n * 16
	}
	return l.n
}
