package replicas

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/internal/gate"
)

// account holds what this replica knows of one agent's budget.
type account struct {
	used  map[cell]map[string]int // by replica
	share *share                  // what may be used alone; nil until it is first needed
	term  int                     // of the outage that the share is for
	limit *rate.Limiter           // while this replica is alone
}

// cell identifies one hour or day of an allowance.
type cell struct {
	what    string
	seconds int64
	window  int64 // since 1970
}

// share is the part of the budgets that this replica may use while it is disconnected.
type share struct {
	id       string
	replicas int
	found    map[cell]found
}

// found is what had been used when this replica first needed an allowance while disconnected.
type found struct{ all, own int }

func cellOf(l gate.Allowance, now time.Time) cell {
	seconds := int64(l.Period / time.Second)
	return cell{l.What, seconds, now.Unix() / seconds}
}

func (c cell) ends() time.Time { return time.Unix((c.window+1)*c.seconds, 0).UTC() }

func (c cell) field(replica string) string {
	return fmt.Sprintf("%s/%d/%d/%s", c.what, c.seconds, c.window, replica)
}

// of returns how much each replica used in a cell.
func (a *account) of(c cell) map[string]int {
	used := a.used[c]
	if used == nil {
		for old := range a.used { // of earlier hours and days
			if old.what == c.what && old.seconds == c.seconds && old.window < c.window {
				delete(a.used, old)
			}
		}
		used = map[string]int{}
		a.used[c] = used
	}
	return used
}

// counts returns the counts of allowances. With a share, what is left is what the share leaves.
func (a *account) counts(allowances []gate.Allowance, now time.Time, s *share) []gate.Count {
	counts := make([]gate.Count, len(allowances))
	for i, l := range allowances {
		c := cellOf(l, now)
		used := a.of(c)
		n := gate.Count{Allowance: l, Ends: c.ends()}
		for _, count := range used {
			n.Used += count
		}
		left := l.Most - n.Used
		if s != nil {
			at, ok := s.found[c]
			if !ok {
				at = found{n.Used, used[s.id]}
				s.found[c] = at
			}
			left = (l.Most-at.all)/s.replicas - (used[s.id] - at.own)
		}
		n.Left = max(0, left)
		counts[i] = n
	}
	return counts
}

// merge takes over the server's counts. Counts only grow, so the larger of two is the newer.
func (a *account) merge(flat []any) {
	for i := 0; i+1 < len(flat); i += 2 {
		field, _ := flat[i].(string)
		part := strings.SplitN(field, "/", 4)
		if len(part) != 4 {
			continue
		}
		seconds, _ := strconv.ParseInt(part[1], 10, 64) // what the script wrote
		window, _ := strconv.ParseInt(part[2], 10, 64)
		used := a.of(cell{part[0], seconds, window})
		used[part[3]] = max(used[part[3]], int(number(flat[i+1])))
	}
}

// fields returns the counts of hours and days that are not over, in the form the server keeps them.
func (a *account) fields(now time.Time) []any {
	var list []any
	for c, used := range a.used {
		if !now.Before(c.ends()) {
			delete(a.used, c)
			continue
		}
		for replica, count := range used {
			list = append(list, c.field(replica), count)
		}
	}
	return list
}

// limiter returns this replica's share of the agent's own rate limit.
func (a *account) limiter(perSecond float64, replicas int) *rate.Limiter {
	limit := rate.Limit(perSecond / float64(replicas))
	if a.limit == nil {
		a.limit = rate.NewLimiter(limit, max(1, gate.RateBurst/replicas))
	}
	if a.limit.Limit() != limit {
		a.limit.SetLimit(limit)
	}
	return a.limit
}
