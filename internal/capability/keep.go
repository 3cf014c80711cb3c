package capability

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// mostDays is the longest span of days that a file can name: ten years.
const mostDays = 3650

const oneDay = 24 * time.Hour

// days is a number of days, such as 90d; 0 where the file names none.
type days struct {
	at
	n int
}

func (s *days) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	span, err := Days(text)
	if err != nil {
		d.fail(place(n, key), "%v", err)
		return
	}
	*s = days{place(n, key), int(span / oneDay)}
}

// Days reads a span of time that is written in days, such as 90d. Its error begins with "must be".
func Days(text string) (time.Duration, error) {
	number, unit := strings.CutSuffix(text, "d")
	count, err := strconv.Atoi(number)
	if err != nil || !unit || count < 1 || count > mostDays || number != strconv.Itoa(count) {
		return 0, fmt.Errorf("must be a number of days from 1d to %dd, such as 90d, not %.20q", mostDays, text)
	}
	return time.Duration(count) * oneDay, nil
}

// String says how long something is kept.
func (s days) String() string {
	switch s.n {
	case 0:
		return "without end"
	case 1:
		return "for 1 day"
	}
	return fmt.Sprintf("for %d days", s.n)
}

// Kept is how long something is kept, and what says so.
type Kept struct {
	For  time.Duration // 0: without end
	Rule string        // "records.keep (capabilities.yaml:3)"
	text string
}

// String says how long: "for 90 days" or "without end".
func (k Kept) String() string { return k.text }

// kept returns how long something is kept, as the file of that name says.
func (s days) kept(file string) Kept {
	k := Kept{For: time.Duration(s.n) * oneDay, text: s.String()}
	if s.n > 0 && s.key != "" {
		k.Rule = fmt.Sprintf("%s (%s:%d)", s.key, filepath.Base(file), s.line)
	}
	return k
}

// RecordsKept returns how long records of calls are kept.
func (r *Rules) RecordsKept() Kept { return r.keep.kept(r.name) }

// defaultArchived is how many days the archive keeps conversations if the file does not say so.
const defaultArchived = 90

// ArchiveKept returns how long the archive keeps conversations and messages.
func (r *Rules) ArchiveKept() Kept { return r.archived().kept(r.name) }

func (r *Rules) archived() days {
	if r.archive.n == 0 {
		return days{n: defaultArchived}
	}
	return r.archive
}

// bothKeep returns the longer of two times to keep something.
func bothKeep(a, b days) days {
	if a.n == 0 || b.n != 0 && a.n > b.n {
		return a
	}
	return b
}

// keep compares how long records and the archive are kept.
func (d *diff) keep(old, new *Rules) {
	if was, is := old.keep.String(), new.keep.String(); was != is {
		d.add(differs, "records are kept %s → %s", was, is)
	}
	if was, is := old.archived().String(), new.archived().String(); was != is {
		d.add(differs, "the archive keeps conversations %s → %s", was, is)
	}
}
