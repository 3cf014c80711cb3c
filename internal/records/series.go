package records

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Figures are those of an agent's calls in a span of time.
type Figures struct {
	Start    time.Time
	Agent    string // "" for calls without a valid credential
	Calls    int64
	Refused  int64
	Changes  int64         // calls that change something
	Requests int64         // to Dixa, with retries
	Waited   time.Duration // for all requests together, with queue and retries
	Tokens   int64         // of answers, estimated
}

// Series returns the figures of each agent from since to until in spans of that length, a whole number of minutes, oldest first.
// Spans without calls are left out. A call counts when it ends.
func (x *Index) Series(ctx context.Context, since, until time.Time, span time.Duration) (all []Figures, err error) {
	err = x.view(ctx, func() error {
		all = nil
		from := since.UnixMilli()
		return x.file.Rows(`SELECT (at - ?1) / ?2, substr(ifnull((SELECT text FROM name WHERE id = agent), ''), 2), sum(calls), sum(refused), sum(changes),
			sum(requests), sum(waited), sum(tokens) FROM minute WHERE at >= ?1 AND at < ?3 GROUP BY 1, 2 ORDER BY 1, 2`, func(st *sqlite3.Stmt) {
			all = append(all, Figures{
				Start: since.Add(time.Duration(st.ColumnInt64(0)) * span), Agent: st.ColumnText(1), Calls: st.ColumnInt64(2), Refused: st.ColumnInt64(3),
				Changes: st.ColumnInt64(4), Requests: st.ColumnInt64(5), Waited: time.Duration(st.ColumnInt64(6)) * time.Millisecond, Tokens: st.ColumnInt64(7),
			})
		}, from, span.Milliseconds(), until.UnixMilli())
	})
	return all, err
}

// Names are the agents, people and tools in records, as the choices of a filter.
type Names struct{ Agents, People, Tools []string }

// Names returns the names that records have, each list sorted.
func (x *Index) Names(ctx context.Context) (n Names, err error) {
	err = x.view(ctx, func() error {
		n = Names{}
		for list, kind := range map[*[]string]rune{&n.Agents: agentWord, &n.People: personWord, &n.Tools: toolWord} {
			err := x.file.Rows(`SELECT substr(text, 2) FROM name WHERE text >= ? AND text < ? ORDER BY text LIMIT 500`, func(st *sqlite3.Stmt) {
				*list = append(*list, st.ColumnText(0))
			}, string(kind), string(kind+1))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
