package view

import (
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// truth is what is known of a condition.
type truth byte

const (
	no truth = iota
	maybe
	yes
)

func (t truth) not() truth { return yes - t }

// onScreen judges a list of media queries for a person who reads mail on a screen some 1,000 pixels
// wide, with light colors.
func onScreen(v []css.Token) truth {
	all := no
	start, depth := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) {
			switch v[i].TokenType {
			case css.LeftParenthesisToken, css.FunctionToken:
				depth++
				continue
			case css.RightParenthesisToken:
				depth--
				continue
			}
			if depth > 0 || v[i].TokenType != css.CommaToken {
				continue
			}
		}
		all = max(all, query(v[start:i]))
		start = i + 1
	}
	return all
}

// query judges one media query: [not | only] type and (feature) and (feature).
func query(v []css.Token) truth {
	result, negated, seen := yes, false, false
	for i := 0; i < len(v); {
		size := 1
		switch v[i].TokenType {
		case css.WhitespaceToken:
		case css.IdentToken:
			switch w := ident(v[i]); w {
			case "not":
				if seen {
					return maybe
				}
				negated = true
			case "only", "and":
			case "all", "screen":
				seen = true
			case "or":
				return maybe
			default: // print, speech, and what is no type
				result, seen = no, true
			}
		case css.LeftParenthesisToken:
			size = closing(v[i:])
			result, seen = min(result, feature(v[i+1:max(i+size-1, i+1)])), true
		default:
			return maybe
		}
		i += size
	}
	if negated {
		return result.not()
	}
	return result
}

// feature judges one condition on the device: max-width: 600px.
func feature(v []css.Token) truth {
	var words []css.Token
	for _, t := range v {
		if t.TokenType != css.WhitespaceToken {
			words = append(words, t)
		}
	}
	if len(words) != 3 || words[0].TokenType != css.IdentToken || words[1].TokenType != css.ColonToken {
		return maybe
	}
	name := strings.NewReplacer("-webkit-", "", "-moz-", "", "device-width", "width").Replace(ident(words[0]))
	switch name {
	case "prefers-color-scheme":
		switch ident(words[2]) {
		case "light":
			return yes
		case "dark":
			return no
		}
		return maybe
	case "prefers-reduced-motion", "forced-colors", "prefers-contrast", "inverted-colors":
		if w := ident(words[2]); w == "no-preference" || w == "none" {
			return yes
		}
		return maybe
	case "min-device-pixel-ratio", "device-pixel-ratio":
		if n, _ := number(words[2]); n <= 1 {
			return yes
		}
		return maybe
	}
	l := readLength(words[2])
	if l.unit == opaque || l.unit == noValue || l.unit == auto || l.unit == percent {
		return maybe
	}
	switch px := l.px(); {
	case name == "max-width" && px < screen:
		return no
	case name == "max-width" && px > 3*screen, name == "min-width" && px <= screen:
		return yes
	case name == "min-width" && px > 10*screen:
		return no
	}
	return maybe
}
