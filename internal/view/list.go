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
	t      *texter // nil for an answer in JSON
	beside []member
	begun  thread // what the reader was told before the first item that is shown

	shown, total int   // shown are whole, or end here
	cut          int   // where in the last item that is shown the rest of it begins, 0 where it is whole
	older        int   // items before the first that is shown, where the newest are kept
	outside      error // the place to go on at is behind the end
}

func (l *list) render(arr []byte) (Result, error) {
	w, extra := l.w, l.extra()
	if l.o.Kind == Messages {
		w.history = newHistory()
		w.speakers = w.listen(arr)
	}
	if l.t != nil {
		l.begun, l.t.listed = l.t.thread.clone(), true
		l.t.findShared(arr)
	}
	if l.t == nil {
		w.out = append(w.out, `{"items":[`...)
	}
	room := l.o.MaxTokens - l.tailTokens(extra)
	var m meter
	if l.o.Newest && l.t != nil && l.o.Skip == 0 && l.o.Offset == 0 {
		m = l.newest(arr, room)
	} else {
		m = l.oldest(arr, room)
	}
	if l.outside == nil {
		l.outside = l.outsideList()
	}
	if l.outside != nil {
		return Result{}, l.outside
	}
	l.total = max(l.total, l.o.Total)
	mark := len(w.out)
	if l.t == nil {
		w.out = append(w.out, ']')
	}
	w.out = l.tail(append(w.out, extra...))
	m.add(w.out[mark:])
	return Result{Text: string(w.out), Tokens: m.tokens(), Total: l.total, Shown: l.shown}, nil
}

// oldest writes the items from the first that is wanted on, as many as fit, and returns what the answer is priced at so far.
func (l *list) oldest(arr []byte, room int) (m meter) {
	w := l.w
	m.add(w.out)
	for raw := range jsonscan.Elements(arr) {
		l.total++
		if l.total <= l.o.Skip || l.shown < l.total-1-l.o.Skip {
			if w.history != nil && l.total <= l.o.Skip {
				l.skip(raw)
			}
			continue // left out, or behind the first that did not fit
		}
		mark, before := len(w.out), m
		first := l.shown == 0
		l.item(raw, first && l.o.Offset > 0)
		if first && l.o.Offset > 0 {
			l.piece(mark, room-before.tokens())
		} else {
			l.encode(mark, false)
		}
		m.add(w.out[mark:])
		if first && l.o.Offset == 0 && m.tokens() > room { // an item in pieces is whole, with what it quotes
			w.out = w.out[:mark]
			l.item(raw, true)
			l.piece(mark, room-before.tokens())
			m = before
			m.add(w.out[mark:])
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
	return m
}

// skip makes a message that is not shown known to those that quote it or end as it does.
func (l *list) skip(raw []byte) {
	if l.t == nil {
		l.w.later(raw, l.total)
		return
	}
	mark := len(l.w.out)
	l.item(raw, false)
	if item := l.w.out[mark:]; item[0] == '{' && at(item, "author") != nil {
		l.t.heard(item, l.total)
	}
	l.w.out = l.w.out[:mark]
	l.begun.earlier = l.t.thread.earlier
	if l.o.Read {
		l.begun = l.t.thread.clone()
	}
}

// newest writes the last items, as many as fit, and at least the last one. It returns the price of the answer so far.
func (l *list) newest(arr []byte, room int) (m meter) {
	w, starts, base := l.w, []int{}, len(l.w.out)
	var years []int // of the last time before each item
	for raw := range jsonscan.Elements(arr) {
		l.total++
		mark := len(w.out)
		starts, years = append(starts, mark), append(years, l.t.year)
		l.item(raw, false)
		l.encode(mark, false)
	}
	from, used := len(starts), 0
	for end := len(w.out); from > 0; from-- {
		used += tokens(w.out[starts[from-1]:end])
		if used > room && from < len(starts) {
			break
		}
		end = starts[from-1]
	}
	if from == len(starts)-1 && used > room { // the last one alone does not fit: the first piece of it
		w.out, w.history, l.t.thread, l.t.year = w.out[:base], newHistory(), l.begun.clone(), l.o.year
		l.total, l.o.Skip = 0, from
		m = l.oldest(arr, room)
		l.older = from
		return m
	}
	if l.older = from; from > 0 {
		w.out = append(w.out[:base], withYear(w.out[starts[from]:], years[from], l.o.year)...)
	}
	l.shown = l.total - from
	m.add(w.out)
	return m
}

// piece leaves of the item at mark what fits, from the place on where the caller goes on.
func (l *list) piece(mark, room int) {
	item := bytes.Clone(l.w.out[mark:])
	l.outside = l.o.outsideItem(item, fmt.Sprintf("item %d of the list", l.total))
	for budget := room; ; budget = budget * 3 / 4 {
		part, cut := piece(item, l.o.Offset, budget)
		l.w.out, l.cut = append(l.w.out[:mark], part...), cut
		l.encode(mark, true)
		if l.t == nil || cut == 0 || budget < leastTokens || tokens(l.w.out[mark:]) <= room {
			return
		}
	}
}

// encode writes the item at mark, which is JSON, as text.
func (l *list) encode(mark int, whole bool) {
	if l.t == nil {
		return
	}
	l.t.out, l.t.number = l.t.out[:0], l.total
	if l.shown == 0 && l.older == 0 && (!l.o.Newest || l.o.Skip > 0) {
		l.t.thread = l.begun.clone()
	}
	switch item := l.w.out[mark:]; {
	case item[0] == '{' && l.o.Kind == Messages && at(item, "author") != nil:
		l.t.message(item, l.total, whole)
	case item[0] == '{':
		l.t.object(item, 0, false)
	default:
		l.t.value(string(l.t.path), item)
		l.t.out = append(l.t.out, '\n')
	}
	if len(l.t.out) == 0 {
		l.t.out = append(l.t.out, "(empty)\n"...)
	}
	l.w.out = append(l.w.out[:mark], l.t.out...)
}

// item writes one item of the list as JSON, whole with what it quotes or not; one that is empty keeps its place, since skip counts places.
func (l *list) item(raw []byte, whole bool) {
	if l.t == nil {
		l.w.comma()
	}
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
	if l.t != nil {
		l.t.object(out, 0, true)
		return bytes.Clone(l.t.out)
	}
	return append([]byte{','}, out[1:len(out)-1]...)
}

// tailTokens returns the most that can follow the items.
func (l *list) tailTokens(extra []byte) int {
	worst := *l
	worst.total, worst.shown, worst.cut = 9_999_999, 9_999_998-l.o.Skip, 9_999_999
	if l.o.Newest {
		worst.older = 9_999_998
	}
	cut := tokens(worst.tail(append([]byte{']'}, extra...)))
	worst.cut = 0
	return max(cut, tokens(worst.tail(append([]byte{']'}, extra...)))) + 1
}

// tail closes the list, and says what is not in it and how to get that.
func (l *list) tail(dst []byte) []byte {
	more, next := l.rest()
	partly := len(more) > 0
	switch {
	case next != "" && EstimateTokens(next) > l.o.MaxTokens/4:
		next = ""
		more = append(more, "there is another page, but its key is too long to show")
	case next != "" && l.t != nil:
		more = append(more, "for the rest call again with the same arguments and pageKey "+string(appendString(nil, next)))
	case next != "":
		more = append(more, "for the rest call again with the same arguments and pageKey set to nextPageKey")
	}
	if l.t != nil {
		return l.textTail(dst, more)
	}
	if partly {
		dst = fmt.Appendf(dst, `,"shown":%d,"total":%d`, l.shown, l.total)
	}
	if len(more) > 0 {
		dst = appendString(append(dst, `,"more":`...), strings.Join(more, "; "))
	}
	if next != "" {
		dst = appendString(append(dst, `,"nextPageKey":`...), next)
	}
	return append(dst, '}')
}

// None is a list in which there is nothing, as text.
const None = "None.\n"

// textTail ends a list that is text.
func (l *list) textTail(dst []byte, more []string) []byte {
	switch {
	case l.total == 0 && len(more) == 0:
		dst = append(dst, None...)
	case len(more) == 0 && !l.o.PageLimit && l.total > 1 && l.o.Kind != Messages:
		dst = fmt.Appendf(dst, "%d in all.\n", l.total-l.o.Skip)
	}
	for _, m := range more {
		dst = append(append(append(dst, "More: "...), m...), '\n')
	}
	return l.t.appendZone(dst)
}

// rest says what of the list is not shown and how to get it: the words for the caller, and the key of the next page.
func (l *list) rest() (more []string, next string) {
	o, skip := l.o, l.o.Skip
	rest := l.total - skip - l.shown
	next = o.NextKey
	at, offset := skip+l.shown, 0
	if l.cut > 0 {
		at, offset = at-1, l.cut
	}
	if l.older > 0 {
		more = append(more, fmt.Sprintf("#1 to #%d of %d are not shown; for them: %s", l.older, l.total, o.call(0, 0)))
	}
	switch {
	case l.older > 0 && l.cut == 0:
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
	return more, next
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
