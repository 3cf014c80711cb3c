package view

import (
	"context"
	"fmt"
)

// RenderParts shows an answer that a tool composed, part after part. What is said about MaxTokens, Form, Names, IDs and Zone
// in o holds for all parts; the Options of a part say the rest. Where not everything fits, the items of a list are cut
// between two of them, and Dixa's own answers as [Render] does.
func RenderParts(ctx context.Context, parts []Part, o Options) (Result, error) {
	if o.MaxTokens == 0 {
		o.MaxTokens = defaultTokens
	}
	t := &texter{o: &o}
	var out []byte
	if o.Form == AsJSON {
		out = append(out, '{')
	}
	left := o.MaxTokens - zoneTokens
	for n, p := range parts {
		room := left
		if later := len(parts) - 1 - n; later > 0 && len(p.Body) > 0 {
			room = max(left/2, leastTokens)
		}
		mark := len(out)
		written, err := t.renderPart(ctx, p, room)
		if err != nil {
			return Result{}, err
		}
		switch {
		case o.Form == AsText:
			out = append(out, written...)
		case len(written) > 0:
			if out[len(out)-1] != '{' {
				out = append(out, ',')
			}
			out = append(append(appendString(out, p.Name), ':'), written...)
		}
		left = max(left-tokens(out[mark:]), leastTokens)
	}
	if o.Form == AsJSON {
		out = append(out, '}')
	} else {
		out = t.appendZone(out)
	}
	return Result{Text: string(out), Tokens: tokens(out), Total: 1}, nil
}

// zoneTokens are kept free for the last line.
const zoneTokens = 16

func (t *texter) renderPart(ctx context.Context, p Part, room int) ([]byte, error) {
	o := t.o
	if p.Body == nil {
		if o.Form == AsJSON {
			return p.itemsAsJSON(room), nil
		}
		return t.items(p, room), nil
	}
	own := p.Options
	own.Form, own.Names, own.IDs, own.Zone, own.MaxTokens, own.inPart, own.year = o.Form, o.Names, o.IDs, o.Zone, room, true, t.year
	r, err := Render(ctx, p.Body, own)
	if err != nil {
		return nil, err
	}
	t.timed, t.year = t.timed || r.timed, r.year
	if o.Form == AsText && p.Title != "" {
		return append([]byte(p.Title+"\n"), r.Text...), nil
	}
	return []byte(r.Text), nil
}

// items writes the items of a part as text.
func (t *texter) items(p Part, room int) []byte {
	t.out = t.out[:0]
	if p.Title != "" {
		t.out = append(append(t.out, p.Title...), '\n')
	}
	for n, i := range p.Items {
		mark := len(t.out)
		t.item(i, 0)
		if n > 0 && tokens(t.out) > room-leftOutTokens {
			t.out = fmt.Appendf(t.out[:mark], "(%d more do not fit)\n", len(p.Items)-n)
			break
		}
	}
	return t.out
}

// leftOutTokens are kept free for how many items do not fit.
const leftOutTokens = 8

// itemsAsJSON writes the items of a part as JSON.
func (p Part) itemsAsJSON(room int) []byte {
	if !p.List && len(p.Items) == 1 {
		return p.Items[0].appendJSON(nil)
	}
	for n := len(p.Items); ; n = n * 3 / 4 {
		out := appendItems(nil, p.Items[:n])
		if n <= 1 || tokens(out) <= room-leftOutTokens {
			if n < len(p.Items) {
				out = fmt.Appendf(out[:len(out)-1], `,{"more":"%d more do not fit"}]`, len(p.Items)-n)
			}
			return out
		}
	}
}
