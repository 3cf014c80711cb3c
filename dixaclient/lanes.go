package dixaclient

import (
	"context"
	"sync"
	"time"
)

// lanes are the tokens' ways to one host. Reads take the one where they would go out first; all else takes the first,
// since Dixa shows the user who made a token as the one who did what was done with it.
type lanes struct {
	choice sync.Mutex // so that those who choose at the same time see each other
	all    []*lane
}

func newLanes(tokens []*token, spec BucketSpec, make func(BucketSpec) Bucket) *lanes {
	l := &lanes{}
	for _, t := range tokens {
		l.all = append(l.all, newLane(t, spec, make))
	}
	return l
}

// wait returns when the next request may be sent, with the token to send it with. A caller whose deadline is earlier
// is told so at once, and does not join a queue.
func (l *lanes) wait(ctx context.Context, op *Spec) (slot, error) {
	if ctx.Err() != nil {
		return slot{}, ended(ctx)
	}
	lane, c, err := l.join(ctx, op)
	if err != nil {
		return slot{}, err
	}
	return lane.wait(ctx, op.Name, c)
}

func (l *lanes) join(ctx context.Context, op *Spec) (*lane, *caller, error) {
	if op.Level > Read || len(l.all) == 1 {
		c, err := l.all[0].join(ctx, op.Name)
		return l.all[0], c, err
	}
	l.choice.Lock()
	defer l.choice.Unlock()
	best := l.first(flowOf(ctx))
	c, err := best.join(ctx, op.Name)
	return best, c, err
}

// first finds the lane where a caller of a flow would go out first; of several the first.
func (l *lanes) first(flow string) *lane {
	var best *lane
	var least time.Duration
	for _, lane := range l.all {
		if d := lane.estimate(flow); best == nil || d < least {
			best, least = lane, d
		}
	}
	return best
}

// WriteRate returns the rate at which writes to the API go out at present, in requests a second, for estimates.
func (c *Client) WriteRate() float64 {
	l := c.lanes[API].all[0]
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate()
}

// Waiting tells how many calls of the API, of all flows, wait for their slot under Dixa's limit. Calls of the Exports
// API are not counted.
func (c *Client) Waiting() int {
	n := 0
	for _, l := range c.lanes[API].all {
		n += l.waiting()
	}
	return n
}
