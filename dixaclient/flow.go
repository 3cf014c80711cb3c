package dixaclient

import (
	"context"
	"slices"
)

type flowKey struct{}

// WithFlow makes the calls under ctx part of a flow, such as one agent's session: the calls of one flow queue behind
// each other for Dixa's limit, first come, first served, and the flows take turns, so that no flow starves behind a busy
// one. All flows count the same. Any name will do, nothing is kept of a flow that has no calls waiting; calls without
// a flow share the flow "". A later WithFlow replaces an earlier one.
func WithFlow(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, flowKey{}, name)
}

func flowOf(ctx context.Context) string {
	name, _ := ctx.Value(flowKey{}).(string)
	return name
}

// flow is a queue of callers, never empty.
type flow struct {
	name    string
	callers []*caller
}

// caller is a request that waits for its slot.
type caller struct {
	flow  *flow
	first chan struct{} // closed when the caller is at the head
}

// round holds the flows with callers in it, in the order of their turns. The first caller of the first flow is the
// head of them all. Its flow stays first until the head has gone: so a flow that joins meanwhile comes before the next
// caller of the head's flow.
type round []*flow

func (r round) head() *caller {
	if len(r) == 0 {
		return nil
	}
	return r[0].callers[0]
}

// find gives the place of a flow, the end if it is not there.
func (r round) find(name string) int {
	if i := slices.IndexFunc(r, func(f *flow) bool { return f.name == name }); i >= 0 {
		return i
	}
	return len(r)
}

// waiting counts the callers, the head among them.
func (r round) waiting() int {
	n := 0
	for _, f := range r {
		n += len(f.callers)
	}
	return n
}

// ahead counts the callers after the head who go before one who would join a flow now, if nothing else changed:
// all of its own flow, and of each other one no more than it has turns until then.
func (r round) ahead(name string) int {
	mine := r.find(name)
	own := 0
	if mine < len(r) {
		own = len(r[mine].callers)
		if mine == 0 {
			own-- // without the head
		}
	}
	n := 0
	for i, f := range r {
		callers, turns := len(f.callers), own
		switch {
		case i == 0: // the next turn of the head's flow is the last of the round
			callers--
		case i < mine || mine == 0:
			turns++
		}
		n += min(callers, turns)
	}
	return n
}

// join puts a caller at the end of its flow, and a new flow at the end of the round.
func (r *round) join(name string) *caller {
	i := r.find(name)
	if i == len(*r) {
		*r = append(*r, &flow{name: name})
	}
	f := (*r)[i]
	c := &caller{flow: f, first: make(chan struct{})}
	f.callers = append(f.callers, c)
	return c
}

// leave takes a caller out. Its flow has used its slot only if the caller was served.
func (r *round) leave(c *caller, served bool) {
	f := c.flow
	i := slices.Index(f.callers, c)
	f.callers = slices.Delete(f.callers, i, i+1)
	if len(f.callers) > 0 && !served {
		return
	}
	i = slices.Index(*r, f)
	*r = slices.Delete(*r, i, i+1)
	if len(f.callers) > 0 {
		*r = append(*r, f)
	}
}
