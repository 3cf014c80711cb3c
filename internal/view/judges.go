package view

import (
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// judge is how the value of a property is judged that needs nothing but its value.
type judge struct {
	prop prop
	of   func([]css.Token) verdict
}

var judges map[string]judge

func init() { // the functions look into tables of their own
	judges = map[string]judge{
		"display":            {pDisplay, display},
		"content-visibility": {pContentVisibility, func(v []css.Token) verdict { return keyword(v, hides, "hidden") }},
		"filter":             {pFilter, filters},
		"transform":          {pTransform, transforms},
		"translate":          {pTranslate, moves},
		"rotate":             {pRotate, turns},
		"scale":              {pScale, scales},
		"clip":               {pClip, clips},
		"clip-path":          {pClipPath, clips},
		"animation":          {pAnimation, onlyNone},
		"animation-name":     {pAnimation, onlyNone},
		"unicode-bidi":       {pBidi, func(v []css.Token) verdict { return keyword(v, doubt, "bidi-override", "isolate-override") }},
		"zoom":               {pZoom, zoom},
		"letter-spacing":     {pSpacing, spacing},
		"word-spacing":       {pWordSpacing, spacing},
		"text-indent":        {pIndent, indent},
		"font-size-adjust":   {pFontAdjust, fontAdjust},
		"mix-blend-mode":     {pOther, onlyNone},
		"mask":               {pOther, onlyNone},
		"mask-image":         {pOther, onlyNone},
		"mask-border":        {pOther, onlyNone},
		"backdrop-filter":    {pOther, onlyNone},
		"contain":            {pOther, onlyNone},
		"perspective":        {pOther, onlyNone},
		"offset":             {pOther, onlyNone},
		"offset-path":        {pOther, onlyNone},
		"shape-inside":       {pOther, onlyNone},
		"line-clamp":         {pOther, onlyNone},
		"text-security":      {pOther, onlyNone},
		"background-clip":    {pOther, func(v []css.Token) verdict { return keyword(v, doubt, "text") }},
		"container-type":     {pOther, func(v []css.Token) verdict { return keyword(v, doubt, "size") }},
		"direction":          {pOther, func(v []css.Token) verdict { return keyword(v, doubt) }},
	}
}

// displays are the values of display that show the text of an element.
var displays = map[string]bool{
	"block": true, "inline": true, "inline-block": true, "table": true, "inline-table": true, "table-row": true,
	"table-cell": true, "table-row-group": true, "table-header-group": true, "table-footer-group": true, "table-caption": true,
	"flex": true, "inline-flex": true, "grid": true, "inline-grid": true, "list-item": true, "contents": true,
	"flow-root": true, "flow": true, "inherit": true, "initial": true, "unset": true, "revert": true, "run-in": true,
	"-webkit-box": true, "-webkit-flex": true, "-ms-flexbox": true, "-ms-grid": true, "-moz-box": true, "-webkit-inline-box": true,
	"-webkit-inline-flex": true, "-ms-inline-flexbox": true, "ruby": true, "ruby-text": true, "ruby-base": true, "box": true,
}

// display: words that are no value of it are ignored by browsers.
func display(v []css.Token) verdict {
	worst := fine
	for _, t := range v {
		switch t.TokenType {
		case css.WhitespaceToken, css.NumberToken, css.DimensionToken, css.CommaToken, css.StringToken, css.HashToken:
		case css.IdentToken:
			switch w := ident(t); {
			case w == "none" && len(v) == 1:
				return hides
			case w == "table-column" || w == "table-column-group" || w == "none":
				worst = doubt
			case !displays[w] && strings.HasPrefix(w, "-"):
				worst = doubt
			}
		default:
			worst = doubt
		}
	}
	return worst
}

// onlyNone judges properties that are understood where they do nothing.
func onlyNone(v []css.Token) verdict {
	for _, t := range v {
		switch t.TokenType {
		case css.WhitespaceToken:
		case css.IdentToken:
			switch ident(t) {
			case "none", "normal", "auto", "initial", "unset":
			default:
				return doubt
			}
		default:
			return doubt
		}
	}
	return fine
}

// functions calls each for the functions of a value, and is doubt for anything else in it.
func functions(v []css.Token, each func(name string, arguments []css.Token) verdict) verdict {
	worst := fine
	for i := 0; i < len(v); {
		size := 1
		switch v[i].TokenType {
		case css.FunctionToken:
			size = closing(v[i:])
			worst = max(worst, each(strings.TrimSuffix(ident(v[i]), "("), v[i+1:max(i+size-1, i+1)]))
		case css.WhitespaceToken:
		case css.IdentToken:
			worst = max(worst, onlyNone(v[i:i+1]))
		default:
			worst = max(worst, doubt)
		}
		i += size
	}
	return worst
}

func filters(v []css.Token) verdict {
	if len(v) > 0 && ident(v[0]) == "progid" {
		return fine // for old versions of Internet Explorer alone
	}
	return functions(v, func(name string, arguments []css.Token) verdict {
		switch name {
		case "opacity":
			if e := opacity(arguments); e.length.unit == pixels {
				return seen(e.length.n)
			}
		case "grayscale", "sepia", "saturate", "drop-shadow", "alpha", "progid":
			return fine
		}
		return doubt
	})
}

// seen judges what is left of something: of its opacity or size.
func seen(share float64) verdict {
	switch {
	case share < 0.05:
		return hides
	case share < 0.3:
		return doubt
	}
	return fine
}

func transforms(v []css.Token) verdict {
	return functions(v, func(name string, arguments []css.Token) verdict {
		switch name {
		case "translate", "translatex", "translatey", "translatez", "translate3d":
			return moves(arguments)
		case "scale", "scalex", "scaley", "scale3d":
			return scales(arguments)
		case "rotate", "rotatez":
			return turns(arguments)
		}
		return doubt
	})
}

func moves(v []css.Token) verdict {
	worst := fine
	for i := 0; i < len(v); {
		size := 1
		if v[i].TokenType == css.FunctionToken {
			size = closing(v[i:])
		}
		if v[i].TokenType != css.WhitespaceToken && v[i].TokenType != css.CommaToken {
			worst = max(worst, offset(readLength(v[i])))
		}
		i += size
	}
	return worst
}

func scales(v []css.Token) verdict {
	worst := fine
	for _, t := range v {
		switch t.TokenType {
		case css.WhitespaceToken, css.CommaToken:
		case css.NumberToken, css.PercentageToken:
			n, u := number(t)
			if u == "%" {
				n /= 100
			}
			worst = max(worst, seen(max(n, -n)), when(n < 0, doubt))
		default:
			worst = max(worst, onlyNone([]css.Token{t}))
		}
	}
	return worst
}

// turns: a turn in the plane hides nothing; one around another axis may.
func turns(v []css.Token) verdict {
	for _, t := range v {
		switch t.TokenType {
		case css.WhitespaceToken, css.DimensionToken, css.NumberToken:
		default:
			if onlyNone([]css.Token{t}) != fine {
				return doubt
			}
		}
	}
	return when(len(v) > 1, doubt)
}

// clips: what is cut down to nothing is hidden, and any other shape may hide.
func clips(v []css.Token) verdict {
	if onlyNone(v) == fine {
		return fine
	}
	zero, large := true, false
	for _, t := range v {
		switch t.TokenType {
		case css.NumberToken, css.DimensionToken, css.PercentageToken:
			n, u := number(t)
			zero = zero && (n == 0 || n == 1 && u != "%")
			large = large || u == "%" && n >= 50
		}
	}
	switch w := ident(v[0]); {
	case w == "rect(" && zero, w == "circle(" && zero, w == "inset(" && large && len(v) <= 3:
		return hides
	}
	return doubt
}

func zoom(v []css.Token) verdict {
	if len(v) == 1 && v[0].TokenType != css.IdentToken && scales(v) != doubt {
		return scales(v)
	}
	return onlyNone(v)
}

// spacing: letters that are pushed together, or far apart, are not read as a text.
func spacing(v []css.Token) verdict {
	list, n := lengths(v)
	if n != 1 {
		return when(n > 1, doubt)
	}
	px := list[0].px()
	return max(offset(list[0]), when(list[0].unit != auto && (px < -3.5 || px > 100), doubt))
}

func indent(v []css.Token) verdict {
	list, n := lengths(v)
	if n == 0 {
		return fine
	}
	px := list[0].px()
	return max(offset(list[0]), when(list[0].unit == percent && px >= 50 || list[0].unit != percent && px > 200, doubt))
}

func fontAdjust(v []css.Token) verdict {
	for _, t := range v {
		if t.TokenType == css.NumberToken {
			if n, _ := number(t); n < 0.3 {
				return doubt
			}
			return fine
		}
	}
	return onlyNone(v)
}

// harmless are the properties that cannot hide text, whatever their value is.
var harmless = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`
		accent-color supported-color-schemes align-content align-items align-self appearance aspect-ratio azimuth backface-visibility background-attachment
		background-blend-mode background-origin background-position background-position-x background-position-y
		background-repeat background-size baseline-shift container-name border-collapse border-image border-radius border-spacing
		box-align box-direction box-flex box-orient box-pack box-shadow box-decoration-break break-after break-before break-inside
		caption-side caret-color clear color-adjust color-scheme column-count column-fill column-gap column-rule column-span
		column-width columns content cursor empty-cells flex flex-align flex-basis flex-direction flex-flow flex-grow flex-pack
		flex-positive flex-negative flex-order flex-preferred-size flex-shrink flex-wrap flex-line-pack flex-item-align float
		font-display font-family font-feature-settings font-kerning font-language-override font-optical-sizing font-smoothing
		font-stretch font-style font-synthesis font-variant font-variant-caps font-variant-east-asian font-variant-ligatures
		font-variant-numeric font-weight forced-color-adjust gap grid grid-area grid-auto-columns grid-auto-flow grid-auto-rows
		grid-column grid-column-end grid-column-start grid-gap grid-row grid-row-end grid-row-start grid-template
		grid-template-areas grid-template-columns grid-template-rows grid-row-gap grid-column-gap high-contrast-adjust
		hyphens image-rendering interpolation-mode isolation justify-content justify-items justify-self kerning layout-grid-mode
		line-break list-style list-style-image list-style-position list-style-type marks max-zoom min-zoom nbsp-mode object-fit
		object-position order orphans osx-font-smoothing outline outline-color outline-offset outline-style outline-width
		overflow-scrolling overflow-wrap overflow-anchor overscroll-behavior page page-break-after page-break-before
		page-break-inside pointer-events position print-color-adjust quotes resize row-gap ruby-align ruby-position scroll-behavior
		scrollbar-color scrollbar-width size speak src tab-interval tab-size table-layout tap-highlight-color text-align
		text-align-last text-autospace text-decoration text-decoration-color text-decoration-line text-decoration-skip
		text-decoration-skip-ink text-decoration-style text-decoration-thickness text-emphasis text-justify text-overflow
		text-rendering text-shadow text-size-adjust text-stroke text-stroke-color text-stroke-width text-transform text-trim
		text-underline text-underline-offset text-underline-position text-wrap text-wrap-mode touch-action touch-callout transform-origin
		transform-style transition transition-delay transition-duration transition-property transition-timing-function
		transform-box unicode-range user-select user-modify user-zoom vertical-align visual will-change widows word-break
		word-wrap writing-mode z-index tab-stops panose-1 line-height-alt animation-delay animation-direction animation-duration
		animation-fill-mode animation-iteration-count animation-timing-function line-height-step rtl text-effect
		block-progression text-raise text-kashida text-fit-text fill stroke fill-opacity stroke-width`) {
		m[name] = true
	}
	for _, side := range [...]string{"", "-top", "-right", "-bottom", "-left", "-inline", "-block", "-inline-start", "-inline-end", "-block-start", "-block-end"} {
		for _, of := range [...]string{"", "-width", "-style", "-color", "-alt", "-left-radius", "-right-radius"} {
			m["border"+side+of] = true
		}
	}
	return m
}()
