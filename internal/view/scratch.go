package view

import "sync"

// scratch is the memory that rendering an answer takes and that the answer does not keep: 40 kB of what 25 messages took.
type scratch struct {
	out     []byte
	stack   []member
	winners winners
}

const (
	mostScratch = 64 << 10 // bytes of output that are kept for the next answer
	mostStack   = 256
	lastRound   = 1 << 31 // from here on rounds could come to an end within one answer
)

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// release keeps the memory of a walker for another answer, without what that answer had in it.
func (s *scratch) release(w *walker) {
	if cap(w.out) > mostScratch || cap(w.stack) > mostStack || s.winners.round >= lastRound {
		return
	}
	s.out, s.stack = w.out[:0], w.stack[:0]
	clear(s.out[:cap(s.out)])
	clear(s.stack[:cap(s.stack)])
	scratches.Put(s)
}
