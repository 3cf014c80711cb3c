package view

import (
	"github.com/tdewolff/parse/v2/css"
)

// fontSizes are the keywords of font-size, in pixels.
var fontSizes = map[string]length{
	"xx-small": {9, pixels}, "x-small": {10, pixels}, "small": {13, pixels}, "medium": {16, pixels}, "large": {18, pixels},
	"x-large": {24, pixels}, "xx-large": {32, pixels}, "xxx-large": {48, pixels}, "smaller": {0.83, ems}, "larger": {1.2, ems},
	"inherit": {1, ems}, "unset": {1, ems}, "revert": {1, ems}, "initial": {16, pixels}, "math": {1, ems},
}

func fontSize(v []css.Token) effect {
	if len(v) == 0 {
		return effect{prop: pFontSize, length: length{0, noValue}}
	}
	if v[0].TokenType == css.IdentToken {
		if l, ok := fontSizes[ident(v[0])]; ok {
			return effect{prop: pFontSize, length: l}
		}
	}
	l := readLength(v[0])
	if l.unit == percent {
		l = length{l.n / 100, ems}
	}
	return effect{prop: pFontSize, length: l}
}

// font finds the size in the shorthand: the number with a unit, or in front of the line height.
func font(v []css.Token, each func(effect)) {
	for i, t := range v {
		switch t.TokenType {
		case css.FunctionToken:
			each(effect{prop: pFontSize, length: length{0, opaque}})
			return
		case css.DimensionToken, css.PercentageToken:
			each(fontSize(v[i:]))
			return
		case css.NumberToken:
			if n, _ := number(t); n == 0 || n < 1 || i+1 < len(v) && string(v[i+1].Data) == "/" {
				each(fontSize(v[i:]))
				return
			}
		case css.IdentToken:
			if _, ok := fontSizes[ident(t)]; ok {
				each(fontSize(v[i:]))
				return
			}
		}
	}
}
