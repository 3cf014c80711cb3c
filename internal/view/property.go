package view

import (
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// verdict says what a declaration does to the text of its element.
type verdict byte

const (
	fine  verdict = iota // it is understood, and nothing is hidden by it
	doubt                // it may hide something
	hides                // it hides everything in the element
)

// effect is what one declaration means for what can be seen.
type effect struct {
	prop      prop
	verdict   verdict // of the properties that are judged alone
	length    length  // of sizes
	color     color
	colors    []color // of a gradient
	how       reading // of colors
	picture   picture
	important bool
}

// picture says what a background image is.
type picture byte

const (
	noPicture picture = iota
	remote            // loaded from somewhere: taken to be what the sender's text was made for
	gradient          // painted with known colors
	mystery           // a data URI, or an image that is not understood
)

// prop is a property that can hide text.
type prop byte

const (
	pDisplay prop = iota
	pContentVisibility
	pFilter
	pMsoHide
	pTransform
	pTranslate
	pRotate
	pScale
	pClip
	pClipPath
	pAnimation
	pBidi
	pZoom
	pSpacing
	pWordSpacing
	pFontAdjust
	pIndent
	pLeft
	pRight
	pTop
	pBottom
	pMarginLeft
	pMarginRight
	pMarginTop
	pMarginBottom
	pOther
	judgedAlone // the properties above are judged without the element

	pVisibility = judgedAlone + iota
	pOpacity
	pFontSize
	pColor
	pFill
	pGround
	pImage
	pWidth
	pMaxWidth
	pMinWidth
	pHeight
	pMaxHeight
	pMinHeight
	pOverflowX
	pOverflowY
	pBoxSizing
	pPadLeft
	pPadRight
	pPadTop
	pPadBottom
	pLineHeight
	pSpaces
	props
)

// meaning reads the declaration of a property, and hands over what it means for what can be seen:
// nothing for one that cannot hide text.
func meaning(name string, v []css.Token, each func(effect)) {
	if name == "" || name[0] == '*' || name[0] == '_' || strings.HasPrefix(name, "--") {
		return // for old versions of Internet Explorer alone; a variable
	}
	if strings.HasPrefix(name, "mso-") {
		if name == "mso-hide" {
			each(effect{prop: pMsoHide, verdict: keyword(v, hides, "all")})
		}
		return
	}
	for _, prefix := range [...]string{"-webkit-", "-moz-", "-ms-", "-o-"} {
		name = strings.TrimPrefix(name, prefix)
	}
	if harmless[name] {
		return
	}
	if to, ok := sides[name]; ok {
		fourSides(to, v, each)
		return
	}
	if to, ok := sizes[name]; ok {
		fourSides([]prop{to}, v, each)
		return
	}
	if judge, ok := judges[name]; ok {
		each(effect{prop: judge.prop, verdict: judge.of(v)})
		return
	}
	switch name {
	case "visibility":
		each(effect{prop: pVisibility, verdict: visibility(v)})
	case "opacity":
		each(opacity(v))
	case "font-size":
		each(fontSize(v))
	case "font":
		font(v, each)
	case "color":
		each(colorEffect(pColor, v))
	case "text-fill-color":
		each(colorEffect(pFill, v))
	case "background-color":
		each(colorEffect(pGround, v))
	case "background-image", "background":
		background(v, name == "background", each)
	case "overflow":
		overflow([]prop{pOverflowX, pOverflowY}, v, each)
	case "overflow-x", "overflow-inline":
		overflow([]prop{pOverflowX}, v, each)
	case "overflow-y", "overflow-block":
		overflow([]prop{pOverflowY}, v, each)
	case "box-sizing":
		each(effect{prop: pBoxSizing, verdict: keyword(v, doubt, "border-box")})
	case "white-space":
		each(effect{prop: pSpaces, verdict: keyword(v, hides, "pre", "pre-wrap", "pre-line", "break-spaces")})
	default:
		each(effect{prop: pOther, verdict: doubt})
	}
}

// sides are the properties with a value for each side of a box, in the order of margin.
var sides = map[string][]prop{
	"margin": {pMarginTop, pMarginRight, pMarginBottom, pMarginLeft}, "inset": {pTop, pRight, pBottom, pLeft},
	"padding":       {pPadTop, pPadRight, pPadBottom, pPadLeft},
	"margin-inline": {pMarginLeft, pMarginRight}, "margin-block": {pMarginTop, pMarginBottom},
	"inset-inline": {pLeft, pRight}, "inset-block": {pTop, pBottom},
	"padding-inline": {pPadLeft, pPadRight}, "padding-block": {pPadTop, pPadBottom},
}

// sizes are the properties with one length.
var sizes = map[string]prop{
	"left": pLeft, "right": pRight, "top": pTop, "bottom": pBottom, "margin-left": pMarginLeft, "margin-right": pMarginRight,
	"margin-top": pMarginTop, "margin-bottom": pMarginBottom, "margin-inline-start": pMarginLeft, "margin-inline-end": pMarginRight,
	"margin-block-start": pMarginTop, "margin-block-end": pMarginBottom, "margin-start": pMarginLeft, "margin-end": pMarginRight,
	"inset-inline-start": pLeft, "inset-inline-end": pRight, "inset-block-start": pTop, "inset-block-end": pBottom,
	"padding-left": pPadLeft, "padding-right": pPadRight, "padding-top": pPadTop, "padding-bottom": pPadBottom,
	"padding-inline-start": pPadLeft, "padding-inline-end": pPadRight, "padding-block-start": pPadTop, "padding-block-end": pPadBottom,
	"padding-start": pPadLeft, "padding-end": pPadRight,
	"width": pWidth, "max-width": pMaxWidth, "min-width": pMinWidth, "height": pHeight, "max-height": pMaxHeight, "min-height": pMinHeight,
	"inline-size": pWidth, "max-inline-size": pMaxWidth, "min-inline-size": pMinWidth,
	"block-size": pHeight, "max-block-size": pMaxHeight, "min-block-size": pMinHeight, "line-height": pLineHeight,
}

// fourSides hands over one to four lengths as margin's are.
func fourSides(to []prop, v []css.Token, each func(effect)) {
	list, n := lengths(v)
	if n == 0 || n > len(to) && list[0].unit != opaque {
		return
	}
	for i, p := range to {
		l := list[0]
		switch {
		case len(to) == 4 && i == 3 && n == 3:
			l = list[1]
		case len(to) == 4 && i >= 2 && n == 2:
			l = list[i-2]
		case i < n:
			l = list[i]
		}
		if l.unit == noValue {
			continue
		}
		each(effect{prop: p, length: l, verdict: offset(l)})
	}
}

// far is how many pixels out of its place a box is out of sight.
const far = 999

// offset judges how far a length moves something.
func offset(l length) verdict {
	n := l.px()
	switch {
	case l.unit == opaque:
		return doubt
	case l.unit == percent:
		return when(n <= -50 || n >= 100, doubt)
	case l.unit == auto || l.unit == noValue:
		return fine
	case n <= -far || n >= 5*far:
		return hides
	}
	return when(n < -200 || n > 2*far, doubt)
}

func when(is bool, v verdict) verdict {
	if is {
		return v
	}
	return fine
}

// keyword judges a keyword: v for one of the words, doubt for a function, fine for any other.
func keyword(tokens []css.Token, v verdict, words ...string) verdict {
	for _, t := range tokens {
		switch t.TokenType {
		case css.IdentToken:
			w := ident(t)
			for _, bad := range words {
				if w == bad {
					return v
				}
			}
		case css.FunctionToken:
			return doubt
		}
	}
	return fine
}

func visibility(v []css.Token) verdict {
	switch {
	case keyword(v, hides, "hidden", "collapse") != fine:
		return keyword(v, hides, "hidden", "collapse")
	case keyword(v, hides, "visible", "initial") == hides:
		return fine
	}
	return doubt
}

func overflow(to []prop, v []css.Token, each func(effect)) {
	n := 0
	for _, t := range v {
		if t.TokenType == css.WhitespaceToken {
			continue
		}
		clips := max(keyword([]css.Token{t}, hides, "hidden", "clip", "-moz-hidden-unscrollable"), keyword([]css.Token{t}, doubt, "scroll", "auto", "overlay"))
		for i, p := range to {
			if i >= n {
				each(effect{prop: p, verdict: clips})
			}
		}
		n++
	}
}

func opacity(v []css.Token) effect {
	e := effect{prop: pOpacity, length: length{1, opaque}}
	if len(v) == 0 {
		return e
	}
	switch v[0].TokenType {
	case css.NumberToken, css.PercentageToken:
		n, u := number(v[0])
		if u == "%" {
			n /= 100
		}
		e.length = length{min(max(n, 0), 1), pixels}
	case css.IdentToken:
		e.length = length{1, noValue}
	}
	return e
}
