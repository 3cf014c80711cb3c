package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// fewFetched is how many rows are fetched first, and mostFetched how many at most.
	fewFetched, mostFetched = 100, 5000
	// mostParked is how many bytes a stream keeps, roughly, while another one reads.
	mostParked = 1 << 20
)

// stream reads the rows of a statement through a cursor of PostgreSQL. Rows come over the connection one by one, until another stream
// needs it: the rest of what was fetched is kept then.
type stream struct {
	r        *reader
	name     string // of the cursor
	declared bool
	size     int  // rows to fetch
	most     int  // that size becomes
	fetched  int  // rows of this fetch that have come
	ended    bool // there is nothing more to fetch
	current  row
	parked   []packed
	live     *pgconn.ResultReader // rows on their way; nil for none
	batch    *pgconn.MultiResultReader
}

// stream returns a stream that nothing uses.
func (r *reader) stream() *stream {
	if last := len(r.streams) - 1; last >= 0 {
		s := r.streams[last]
		r.streams = r.streams[:last]
		return s
	}
	r.made++
	return &stream{r: r, name: fmt.Sprint("c", r.made)}
}

// start declares the cursor and fetches the first rows, in one round trip.
func (s *stream) start(sql string, values [][]byte) error {
	s.stop()
	if err := s.r.free(); err != nil {
		return err
	}
	s.size, s.most, s.ended = fewFetched, mostFetched, false
	var b pgconn.Batch
	statements := 2
	if s.declared {
		b.ExecParams("CLOSE "+s.name, nil, nil, nil, nil)
		statements++
	}
	b.ExecParams("DECLARE "+s.name+" NO SCROLL CURSOR FOR "+sql, values, nil, nil, nil)
	b.ExecParams(s.fetch(), nil, nil, nil, nil)
	s.batch = s.r.conn.ExecBatch(s.r.ctx, &b)
	for i := range statements {
		if !s.batch.NextResult() {
			err := s.batch.Close()
			s.batch = nil
			if err == nil {
				err = errors.New("PostgreSQL answered with fewer results than statements")
			}
			return s.r.fail(err)
		}
		if s.live = s.batch.ResultReader(); i < statements-1 {
			if _, err := s.live.Close(); err != nil {
				return s.r.fail(errors.Join(err, s.batch.Close()))
			}
		}
	}
	s.declared, s.fetched, s.r.active = true, 0, s
	return nil
}

func (s *stream) fetch() string { return fmt.Sprintf("FETCH FORWARD %d FROM %s", s.size, s.name) }

// next goes to the next row. It reports false after the last one.
func (s *stream) next() (bool, error) {
	for {
		if len(s.parked) > 0 {
			kept := s.parked[0]
			s.current, s.parked = kept.row(nil), s.parked[1:]
			return true, s.r.hold(-kept.bytes())
		}
		if s.live != nil {
			if s.live.NextRow() {
				s.current = s.live.Values()
				s.fetched++
				return true, nil
			}
			if err := s.conclude(); err != nil {
				return false, err
			}
		}
		if s.ended {
			return false, nil
		}
		if err := s.r.free(); err != nil {
			return false, err
		}
		s.size, s.fetched = min(2*s.size, s.most), 0
		s.live = s.r.conn.ExecParams(s.r.ctx, s.fetch(), nil, nil, nil, nil)
		s.r.active = s
	}
}

// conclude ends a fetch whose rows have all come, or are not wanted.
func (s *stream) conclude() error {
	_, err := s.live.Close()
	if s.batch != nil {
		err = errors.Join(err, s.batch.Close())
	}
	s.live, s.batch, s.r.active = nil, nil, nil
	s.ended = s.fetched < s.size
	return s.r.fail(err)
}

// park keeps the rows that are on their way, so that the connection is free.
func (s *stream) park() error {
	s.current = s.current.pack().row(nil)
	bytes := 0
	for s.live.NextRow() {
		s.fetched++
		kept := row(s.live.Values()).pack()
		s.parked = append(s.parked, kept)
		bytes += kept.bytes()
		if err := s.r.hold(kept.bytes()); err != nil {
			s.stop()
			return err
		}
	}
	if bytes > mostParked {
		s.most = max(20, s.size/4)
	}
	return s.conclude()
}

// stop ends a stream before its last row.
func (s *stream) stop() {
	for _, kept := range s.parked {
		s.r.held -= kept.bytes()
	}
	s.parked, s.current = nil, nil
	if s.live != nil {
		_ = s.conclude() // an error is noted
	}
	s.ended = true
}
