package view

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// color is 0xRRGGBB, or below zero: transparent, or the hash of a word that is only compared.
type color int64

const (
	black       color = 0
	white       color = 0xFFFFFF
	linkBlue    color = 0x0000EE
	transparent color = -1
)

var colorNames = map[string]color{
	"white": white, "black": black, "transparent": transparent, "snow": 0xFFFAFA, "ivory": 0xFFFFF0, "azure": 0xF0FFFF,
	"ghostwhite": 0xF8F8FF, "whitesmoke": 0xF5F5F5, "floralwhite": 0xFFFAF0, "mintcream": 0xF5FFFA, "aliceblue": 0xF0F8FF,
	"seashell": 0xFFF5EE, "honeydew": 0xF0FFF0, "lightgray": 0xD3D3D3, "lightgrey": 0xD3D3D3, "silver": 0xC0C0C0,
	"gray": 0x808080, "grey": 0x808080, "red": 0xFF0000, "green": 0x008000, "lime": 0x00FF00, "blue": 0x0000FF,
	"yellow": 0xFFFF00, "navy": 0x000080, "window": white, "windowtext": black, "canvas": white,
}

// near says whether nobody can tell the two apart.
func (c color) near(d color) bool {
	if c < 0 || d < 0 {
		return c == d
	}
	for shift := 0; shift < 24; shift += 8 {
		if diff := (c>>shift)&0xFF - (d>>shift)&0xFF; diff > 8 || diff < -8 {
			return false
		}
	}
	return true
}

// or gives the color that a value names, or c for one that leaves it as it is.
func (c color) or(value string) color {
	switch value {
	case "", "inherit", "initial", "unset", "revert", "currentcolor", "auto", "none":
		return c
	}
	if strings.ContainsAny(value, " ") && !strings.Contains(value, "(") {
		return c
	}
	return colorOf(value)
}

// colorOf reads #fff, #ffffff, rgb(…), rgba(…), hsl(…) at its ends, and names.
func colorOf(value string) color {
	if named, ok := colorNames[value]; ok {
		return named
	}
	if digits, ok := strings.CutPrefix(value, "#"); ok {
		value = digits
	}
	if n, err := strconv.ParseUint(value, 16, 32); err == nil {
		switch len(value) {
		case 3, 4:
			n >>= 4 * (uint(len(value)) - 3)
			return color(n>>8*0x110000 | n>>4&15*0x1100 | n&15*0x11)
		case 6:
			return color(n)
		case 8:
			if n&0xFF < 16 {
				return transparent
			}
			return color(n >> 8)
		}
	}
	if name, arguments, ok := strings.Cut(strings.TrimSuffix(value, ")"), "("); ok {
		if c, ok := colorFunction(name, arguments); ok {
			return c
		}
	}
	h := fnv.New32a()
	h.Write([]byte(value))
	return -2 - color(h.Sum32())
}

func colorFunction(name, arguments string) (color, bool) {
	fields := strings.FieldsFunc(arguments, func(r rune) bool { return r == ' ' || r == ',' || r == '/' })
	if len(fields) < 3 {
		return 0, false
	}
	if len(fields) > 3 && fraction(fields[3]) < 0.05 {
		return transparent, true
	}
	switch name {
	case "rgb", "rgba":
		var c color
		for _, f := range fields[:3] {
			n, err := strconv.ParseFloat(strings.TrimSuffix(f, "%"), 64)
			if err != nil {
				return 0, false
			}
			if strings.HasSuffix(f, "%") {
				n *= 2.55
			}
			c = c<<8 | color(min(max(n, 0), 255))
		}
		return c, true
	case "hsl", "hsla":
		switch light := fraction(fields[2]); {
		case light > 0.98:
			return white, true
		case light < 0.02:
			return black, true
		}
	}
	return 0, false
}
