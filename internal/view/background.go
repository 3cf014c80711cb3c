package view

import (
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

func colorEffect(p prop, v []css.Token) effect {
	c, how, used := readColor(v)
	for _, t := range v[min(used, len(v)):] {
		if t.TokenType != css.WhitespaceToken && how != unknown {
			how = invalid
		}
	}
	if how == keywords && ident(v[0]) == "initial" {
		switch p {
		case pColor:
			c, how = black, valid_
		case pGround:
			c, how = transparent, valid_
		}
	}
	return effect{prop: p, color: c, how: how}
}

// background reads background-image, and the shorthand, which sets the color too.
func background(v []css.Token, shorthand bool, each func(effect)) {
	ground := effect{prop: pGround, color: transparent, how: valid_}
	image := effect{prop: pImage}
	for i := 0; i < len(v); {
		t, size := v[i], 1
		switch t.TokenType {
		case css.URLToken, css.BadURLToken:
			image.picture = remote
			if strings.Contains(strings.ToLower(string(t.Data[:min(len(t.Data), 40)])), "data") || t.TokenType == css.BadURLToken {
				image.picture = mystery
			}
		case css.HashToken, css.IdentToken:
			if ident(t) == "text" { // the text itself is cut out of the background
				image.picture = mystery
			} else if c, how, _ := readColor(v[i:]); how == valid_ || how == unknown {
				ground.color, ground.how = c, how
			}
		case css.FunctionToken:
			size = closing(v[i:])
			if strings.HasSuffix(ident(t), "gradient(") {
				image.picture, image.colors = stops(v[i+1 : max(i+size-1, i+1)])
			} else if c, how, _ := readColor(v[i:]); how != invalid {
				ground.color, ground.how = c, how
				if how == unknown {
					image.picture = mystery
				}
			}
		}
		i += size
	}
	if shorthand {
		each(ground)
	}
	each(image)
}

// stops returns the colors of a gradient.
func stops(v []css.Token) (picture, []color) {
	var list []color
	for i := 0; i < len(v); {
		size := 1
		switch v[i].TokenType {
		case css.FunctionToken, css.HashToken, css.IdentToken:
			c, how, used := readColor(v[i:])
			size = max(used, 1)
			if how == valid_ {
				list = append(list, c)
			} else if how == unknown || how == keywords {
				return mystery, nil
			}
		}
		i += size
	}
	if len(list) == 0 || len(list) > maxColors {
		return mystery, nil
	}
	return gradient, list
}
