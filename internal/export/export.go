package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/dixaclient"
)

// maxFetches is the maximum number of times that one window is fetched.
const maxFetches = 3

// Progress is how far an export is.
type Progress struct {
	Windows, Done int
	Rows          int       // written
	Twice         int       // came twice and were written once
	Bytes         int64     // of the file
	Next          time.Time // where a later export begins to miss nothing; zero for an export by ids
	Waiting       bool      // for Dixa: for a place below its limit, or for the first row
}

// Options say where a job's rows go.
type Options struct {
	Out    string         // a name that ends in .jsonl or .csv
	Force  bool           // replace the file, once the export is complete
	Now    time.Time      // when the export begins
	Report func(Progress) // hears of every window, and of some rows
}

// Run carries out a job, or goes on with it when it was interrupted. The file comes into being, with mode 0600, when it
// is complete; until then FILE.part and FILE.part.json keep what was fetched. An error says how many windows are kept.
func Run(ctx context.Context, c *dixaclient.Client, job Job, o Options) (Progress, error) {
	p, err := open(job, o.Out, o.Force, o.Now)
	if err != nil {
		return Progress{}, err
	}
	defer func() { _ = p.file.Close() }() // closed before when it is complete; what counts was synced
	err = p.fetch(ctx, c, o.Report)
	if err == nil {
		err = p.finish()
	}
	if err != nil {
		kept := fmt.Sprintf("%d of %d windows are kept in %s; run the same command again to go on", p.state.Done, len(p.state.Windows), p.partFile())
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted (%w)", context.Cause(ctx))
		}
		return p.progress(), fmt.Errorf("%w\n%s", err, kept)
	}
	return p.progress(), nil
}

func (p *part) progress() Progress {
	s := p.state
	now := Progress{Windows: len(s.Windows), Done: s.Done, Rows: s.Rows, Twice: s.Twice, Bytes: s.Bytes}
	if end := s.Windows[len(s.Windows)-1].Before; !end.IsZero() {
		now.Next = end.Add(-overlap)
	}
	return now
}

// fetch takes the windows that are still missing.
func (p *part) fetch(ctx context.Context, c *dixaclient.Client, report func(Progress)) error {
	before, err := p.lastIDs()
	if err != nil {
		return err
	}
	for p.state.Done < len(p.state.Windows) {
		for fetches := 1; ; fetches++ {
			found, err := p.window(ctx, c, before, report)
			if err == nil {
				before = found
				break
			}
			if err = errors.Join(err, p.rollback()); fetches == maxFetches || ctx.Err() != nil || !Passing(err) {
				return err
			}
		}
		report(p.progress())
	}
	return nil
}

// Passing reports whether the same request may succeed a moment later.
func Passing(err error) bool {
	var e *dixaclient.Error
	return errors.As(err, &e) && e.Attempts > 0 && (e.Err != nil || e.Status == 429 || e.Status >= 500)
}

// window fetches one window and keeps it when it is whole. Rows that the window before has are left out.
func (p *part) window(ctx context.Context, c *dixaclient.Client, before ids, report func(Progress)) (ids, error) {
	now := p.progress()
	now.Waiting = true
	report(now)
	now.Waiting = false
	rows, twice, found := 0, 0, ids{}
	for row, err := range p.state.Job.fetch(ctx, c, p.state.Windows[p.state.Done]) {
		if err != nil {
			return nil, err
		}
		id := idOf(row)
		if before.has(id) {
			twice++
			continue
		}
		found.add(id)
		if err := p.w.row(row); err != nil {
			return nil, err
		}
		now.Bytes += int64(len(row))
		if rows++; rows%500 == 1 {
			live := now
			live.Rows += rows
			report(live)
		}
	}
	return found, p.commit(rows, twice)
}
