package view

import (
	"bytes"
	"fmt"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
)

// list renders one array.
type list struct {
	o      Options
	w      *walker
	beside []member

	shown, total int // shown are whole, or end here
	cut          int // where in the last item that is shown the rest of it begins, 0 where it is whole
}

func (l *list) render(arr []byte) Result {
	w, extra := l.w, l.extra()
	if l.o.Kind == Messages {
		w.history = newHistory()
		w.speakers = w.listen(arr)
	}
	w.out = append(w.out, `{"items":[`...)
	var m meter
	m.add(w.out)
	room := l.o.MaxTokens - l.tailTokens(extra)
	for raw := range jsonscan.Elements(arr) {
		l.total++
		if l.total <= l.o.Skip || l.shown < l.total-1-l.o.Skip {
			if w.history != nil && l.total <= l.o.Skip {
				w.later(raw, l.total)
			}
			continue // left out, or behind the first that did not fit
		}
		mark, before := len(w.out), m
		first := l.shown == 0
		l.item(raw, first && l.o.Offset > 0)
		m.add(w.out[mark:])
		if first && (l.o.Offset > 0 || m.tokens() > room) {
			if l.o.Offset == 0 { // an item in pieces is whole, with what it quotes
				w.out = w.out[:mark]
				l.item(raw, true)
			}
			var part []byte
			part, l.cut = piece(w.out[mark:], l.o.Offset, room-before.tokens())
			w.out, m = append(w.out[:mark], part...), before
			m.add(part)
		}
		switch {
		case l.cut > 0 && first, m.tokens() <= room && l.cut == 0:
			l.shown++
			if l.cut > 0 {
				room = 0
			}
		default:
			w.out, m = w.out[:mark], before
		}
	}
	l.total = max(l.total, l.o.Total)
	mark := len(w.out)
	w.out = l.tail(append(append(w.out, ']'), extra...))
	m.add(w.out[mark:])
	return Result{Text: string(w.out), Tokens: m.tokens(), Shown: l.shown, Total: l.total}
}

// item writes one item of the list, whole with what it quotes or not; one that is empty keeps its place, since skip counts places.
func (l *list) item(raw []byte, whole bool) {
	l.w.comma()
	if h := l.w.history; h != nil {
		h.number = l.total
	}
	l.w.whole = whole
	if l.w.value(raw) {
		return
	}
	switch raw[0] {
	case 'n':
		l.w.out = append(l.w.out, "null"...)
	case '"':
		l.w.out = append(l.w.out, `""`...)
	default:
		l.w.out = append(l.w.out, raw[0], raw[len(raw)-1])
	}
}

// extra renders what was next to the list in the envelope, in at most a quarter of the budget.
func (l *list) extra() []byte {
	w := l.w
	if len(l.beside) == 0 {
		return nil
	}
	w.out = append(w.out, '{')
	for _, p := range l.beside {
		switch string(p.key) {
		case "items", "shown", "total", "nextPageKey":
			p.key = append([]byte("dixa."), p.key...)
		}
		w.member(p)
	}
	w.markIfNeeded(false)
	w.unmarked = false
	w.out = append(w.out, '}')
	out := bytes.Clone(w.out)
	w.out = w.out[:0]
	if tokens(out) > l.o.MaxTokens/4 {
		out, _ = piece(out, 0, l.o.MaxTokens/4)
	}
	if len(out) == 2 {
		return nil
	}
	return append([]byte{','}, out[1:len(out)-1]...)
}

// tailTokens returns the most that can follow the items.
func (l *list) tailTokens(extra []byte) int {
	worst := *l
	worst.total, worst.shown, worst.cut = 9_999_999, 9_999_998-l.o.Skip, 9_999_999
	cut := tokens(worst.tail(append([]byte{']'}, extra...)))
	worst.cut = 0
	return max(cut, tokens(worst.tail(append([]byte{']'}, extra...)))) + 1
}

// tail closes the list, and says what is not in it and how to get that.
func (l *list) tail(dst []byte) []byte {
	o, skip := l.o, l.o.Skip
	var more []string
	rest := l.total - skip - l.shown
	next := o.NextKey
	at, offset := skip+l.shown, 0
	if l.cut > 0 {
		at, offset = at-1, l.cut
	}
	switch {
	case rest <= 0 && l.cut == 0:
	case o.More != "":
		more = append(more, fmt.Sprintf("shown %d of %d; %s", l.shown, l.total, o.More))
	case o.Look != "":
		more = append(more, fmt.Sprintf("shown %d of %d; read the rest with %s", l.shown, l.total, o.Look))
	case o.PageLimit:
		next = CutKey(at, o.Limit, offset, o.PageKey)
	case o.SkipArg && l.cut > 0 && o.Short:
		more = append(more, fmt.Sprintf("item %d of %d is cut: it is longer than an answer can be", at+1, l.total))
		if at+1 < l.total {
			more = append(more, "for the items after it: "+o.call(at+1, 0))
		}
	case o.SkipArg && l.cut > 0:
		more = append(more, fmt.Sprintf("item %d of %d is cut; for the rest: %s", at+1, l.total, o.call(at, offset)))
	case o.SkipArg:
		more = append(more, fmt.Sprintf("shown %d-%d of %d; for the rest: %s", skip+1, at, l.total, o.call(at, 0)))
	default:
		more = append(more, fmt.Sprintf("shown %d of %d; the rest does not fit, so ask for less", l.shown, l.total))
	}
	if len(more) > 0 {
		dst = fmt.Appendf(dst, `,"shown":%d,"total":%d`, l.shown, l.total)
	}
	switch {
	case next != "" && EstimateTokens(next) > o.MaxTokens/4:
		next = ""
		more = append(more, "there is another page, but its key is too long to show")
	case next != "":
		more = append(more, "for the rest call again with the same arguments and pageKey set to nextPageKey")
	}
	if len(more) > 0 {
		dst = appendString(append(dst, `,"more":`...), strings.Join(more, "; "))
	}
	if next != "" {
		dst = appendString(append(dst, `,"nextPageKey":`...), next)
	}
	return append(dst, '}')
}

// call names the call that reads on at an item, and a place in it.
func (o Options) call(skip, offset int) string {
	switch {
	case o.Again != nil:
		return o.Again(skip, offset)
	case offset > 0:
		return fmt.Sprintf("call again with skip=%d and offset=%d", skip, offset)
	}
	return fmt.Sprintf("call again with skip=%d", skip)
}
