package view

import (
	"math"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// color is a color of the sRGB space, each part from 0 to 255, with its opacity from 0 to 1.
type color struct {
	r, g, b, a float32
}

var (
	black       = color{0, 0, 0, 1}
	white       = color{255, 255, 255, 1}
	linkBlue    = color{0, 0, 238, 1}
	transparent = color{}
)

func rgb(n uint32) color {
	return color{float32(n >> 16 & 0xFF), float32(n >> 8 & 0xFF), float32(n & 0xFF), 1}
}

// over returns what c looks like on the opaque color ground.
func (c color) over(ground color) color {
	if c.a >= 1 {
		return c
	}
	mix := func(x, y float32) float32 { return x*c.a + y*(1-c.a) }
	return color{mix(c.r, ground.r), mix(c.g, ground.g), mix(c.b, ground.b), 1}
}

// near reports whether a reader cannot tell c from the opaque color d.
func (c color) near(d color) bool {
	far := func(x, y float32) bool { return x-y > 8.5 || y-x > 8.5 }
	return !far(c.r, d.r) && !far(c.g, d.g) && !far(c.b, d.b)
}

// faint reports whether text of the color c on d has less contrast than anybody prints text with.
func (c color) faint(d color) bool {
	x, y := c.luminance()+0.05, d.luminance()+0.05
	return max(x, y)/min(x, y) < 1.2
}

func (c color) luminance() float64 {
	return 0.2126*linear[byte(c.r)] + 0.7152*linear[byte(c.g)] + 0.0722*linear[byte(c.b)]
}

// linear holds the light that each value of a color's part stands for.
var linear = func() (t [256]float64) {
	for i := range t {
		if v := float64(i) / 255; v <= 0.04045 {
			t[i] = v / 12.92
		} else {
			t[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return t
}()

// reading says how a value was understood.
type reading int

const (
	invalid  reading = iota // browsers ignore the declaration
	valid_                  // and its meaning is known
	unknown                 // it may be valid, and its meaning is not known
	keywords                // inherit, initial and the like
)

// readColor reads a color of CSS: the value v, or the beginning of it.
func readColor(v []css.Token) (c color, how reading, used int) {
	if len(v) == 0 {
		return c, invalid, 0
	}
	switch v[0].TokenType {
	case css.HashToken:
		if c, ok := hexColor(string(v[0].Data[1:])); ok {
			return c, valid_, 1
		}
		return c, invalid, 1
	case css.IdentToken:
		return namedColor(ident(v[0]))
	case css.FunctionToken:
		end := closing(v)
		c, how := colorFunction(strings.TrimSuffix(ident(v[0]), "("), v[1:max(end-1, 1)])
		return c, how, end
	}
	return c, invalid, 1
}

func namedColor(name string) (color, reading, int) {
	switch name {
	case "transparent":
		return transparent, valid_, 1
	case "inherit", "unset", "revert", "revert-layer", "currentcolor", "initial":
		return color{}, keywords, 1
	case "canvas", "window", "field":
		return white, valid_, 1
	case "canvastext", "windowtext", "fieldtext":
		return black, valid_, 1
	case "linktext":
		return linkBlue, valid_, 1
	}
	if n, ok := colorNames[name]; ok {
		return rgb(n), valid_, 1
	}
	if systemColors[name] || strings.HasPrefix(name, "-") {
		return color{}, unknown, 1
	}
	return color{}, invalid, 1
}

func hexColor(digits string) (color, bool) {
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return color{}, false
	}
	switch v := uint32(n); len(digits) {
	case 3:
		return rgb(v>>8*0x110000 | v>>4&15*0x1100 | v&15*0x11), true
	case 4:
		c := rgb(v>>12*0x110000 | v>>8&15*0x1100 | v>>4&15*0x11)
		c.a = float32(v&15) / 15
		return c, true
	case 6:
		return rgb(v), true
	case 8:
		c := rgb(v >> 8)
		c.a = float32(v&0xFF) / 255
		return c, true
	}
	return color{}, false
}

// colorFunction reads rgb(), hsl() and hwb() of plain numbers.
func colorFunction(name string, v []css.Token) (color, reading) {
	var parts [4]float32
	parts[3] = 1
	n := 0
	for _, t := range v {
		switch t.TokenType {
		case css.NumberToken, css.PercentageToken, css.DimensionToken:
			x, unit := number(t)
			if n > 3 {
				return color{}, invalid
			}
			parts[n] = part(name, n, x, unit)
			n++
		case css.WhitespaceToken, css.CommaToken, css.DelimToken:
		case css.IdentToken:
			switch ident(t) {
			case "none", "from", "r", "g", "b", "h", "s", "l", "alpha":
				return color{}, unknown
			}
			if strings.HasPrefix(name, "rgb") || strings.HasPrefix(name, "hsl") {
				return color{}, invalid
			}
			return color{}, unknown
		default:
			return color{}, unknown
		}
	}
	switch name {
	case "rgb", "rgba":
		if n < 3 {
			return color{}, invalid
		}
		return color{parts[0], parts[1], parts[2], parts[3]}, valid_
	case "hsl", "hsla":
		if n < 3 {
			return color{}, invalid
		}
		return fromHSL(parts[0], parts[1], parts[2], parts[3]), valid_
	case "hwb":
		if n < 3 {
			return color{}, invalid
		}
		w, b := parts[1], parts[2]
		if w+b > 1 {
			w, b = w/(w+b), b/(w+b)
		}
		c := fromHSL(parts[0], 1, 0.5, parts[3])
		f := func(x float32) float32 { return x*(1-w-b) + w*255 }
		return color{f(c.r), f(c.g), f(c.b), c.a}, valid_
	}
	return color{}, unknown
}

// part reads the n-th part of a color function: a share of 255, an angle, or a share of 1.
func part(name string, n int, x float64, unit string) float32 {
	within := func(x, top float64) float32 { return float32(min(max(x, 0), top)) }
	switch {
	case n == 3 && unit == "%":
		return within(x/100, 1)
	case n == 3:
		return within(x, 1)
	case strings.HasPrefix(name, "rgb"):
		if unit == "%" {
			x *= 2.55
		}
		return within(x, 255)
	case n == 0:
		switch unit {
		case "turn":
			x *= 360
		case "rad":
			x *= 180 / math.Pi
		case "grad":
			x *= 0.9
		}
		return float32(math.Mod(math.Mod(x, 360)+360, 360))
	}
	return within(x/100, 1)
}

func fromHSL(h, s, l, a float32) color {
	f := func(n float32) float32 {
		k := float32(math.Mod(float64(n+h/30), 12))
		return 255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))
	}
	return color{f(0), f(8), f(4), a}
}

// legacyColor reads the color of an HTML attribute by HTML's rules, which give any text a color.
func legacyColor(s string) (color, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || s == "transparent" {
		return color{}, false
	}
	if n, ok := colorNames[s]; ok {
		return rgb(n), true
	}
	if len(s) == 4 && s[0] == '#' {
		if c, ok := hexColor(s[1:]); ok {
			return c, true
		}
	}
	digits := []byte(strings.TrimPrefix(s[:min(len(s), 128)], "#"))
	for i, ch := range digits {
		if !isHex(ch) {
			digits[i] = '0'
		}
	}
	for len(digits) == 0 || len(digits)%3 != 0 {
		digits = append(digits, '0')
	}
	size := len(digits) / 3
	parts := [3][]byte{digits[:size], digits[size : 2*size], digits[2*size:]}
	if size > 8 {
		for i := range parts {
			parts[i] = parts[i][size-8:]
		}
	}
	for len(parts[0]) > 2 && parts[0][0] == '0' && parts[1][0] == '0' && parts[2][0] == '0' {
		for i := range parts {
			parts[i] = parts[i][1:]
		}
	}
	var n uint32
	for _, p := range parts {
		v, err := strconv.ParseUint(string(p[:min(len(p), 2)]), 16, 16)
		if err != nil {
			return color{}, false
		}
		n = n<<8 | uint32(v)
	}
	return rgb(n), true
}

func isHex(ch byte) bool { return isDigit(ch) || 'a' <= ch && ch <= 'f' || 'A' <= ch && ch <= 'F' }

var systemColors = map[string]bool{
	"activetext": true, "visitedtext": true, "buttonface": true, "buttontext": true, "buttonborder": true, "highlight": true,
	"highlighttext": true, "selecteditem": true, "selecteditemtext": true, "mark": true, "marktext": true, "graytext": true,
	"accentcolor": true, "accentcolortext": true, "activeborder": true, "activecaption": true, "appworkspace": true,
	"background": true, "buttonhighlight": true, "buttonshadow": true, "captiontext": true, "inactiveborder": true,
	"inactivecaption": true, "inactivecaptiontext": true, "infobackground": true, "infotext": true, "menu": true,
	"menutext": true, "scrollbar": true, "threeddarkshadow": true, "threedface": true, "threedhighlight": true,
	"threedlightshadow": true, "threedshadow": true, "windowframe": true,
}
