package view

import "context"

// work is the budget of one answer for what a message's sender can make expensive: the matching of
// style rules, and the measuring of boxes. Each message gets a share that grows with its length, so
// that the whole is linear in what was received and one message takes nothing from the next.
type work struct {
	ctx   context.Context
	left  int // of the answer
	share int // of the message that is being read
	ended bool

	inline map[string][]effect // what style attributes mean: the same one comes many times
	*winners
}

// winners are what applies to the element of this round.
type winners struct {
	won   [props]winner
	round uint32 // counts elements, so that nothing has to be cleared between them
}

const (
	answerWork  = 12_000_000
	workPerByte = 5
	messageWork = 50_000    // of a short message
	longestWork = 3_000_000 // of the longest
	checkEvery  = 1 << 14
)

func newWork(ctx context.Context) *work { return newWorkIn(ctx, new(winners)) }

// newWorkIn does so in memory that earlier answers used.
func newWorkIn(ctx context.Context, w *winners) *work {
	return &work{ctx: ctx, left: answerWork, inline: map[string][]effect{}, winners: w}
}

// begin gives a message of n bytes its share.
func (w *work) begin(n int) { w.share = min(messageWork+workPerByte*n, longestWork, w.left) }

// spend takes n units, and reports whether there were that many.
func (w *work) spend(n int) bool {
	if w.share < 0 {
		return false
	}
	if w.left/checkEvery != (w.left-n)/checkEvery && w.ctx.Err() != nil {
		w.ended = true
		w.share = -1
	}
	w.left -= n
	w.share -= n
	return w.share >= 0
}

// spent reports whether the message used up its share.
func (w *work) spent() bool { return w.share < 0 }
