package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Removal is what was removed, or would be.
type Removal struct {
	Files   int
	Records uint64 // in these files
	Bytes   int64
}

// old is a file of which all records are older than is kept.
type old struct {
	part
	last Record
}

// ToRemove says what [Log.Remove] would remove.
func ToRemove(dir string, before time.Time) (Removal, error) {
	runs, err := findRuns(dir)
	if err != nil {
		return Removal{}, err
	}
	return removalOf(oldParts(runs, before, ""))
}

// Remove removes the files of which all records are from before a time, after it has recorded that under a rule. The file in which
// this log writes is kept. The record is the first of a new file, and holds what [Verify] needs to check what remains.
func (l *Log) Remove(ctx context.Context, before time.Time, rule string) (Removal, error) {
	runs, err := findRuns(l.options.Dir)
	if err != nil {
		return Removal{}, err
	}
	gone := oldParts(runs, before, l.name())
	removal, err := removalOf(gone)
	if err != nil || len(gone) == 0 {
		return removal, err
	}
	record := Record{
		Event: EventRemoved, Rule: rule, FileDigest: l.options.Start.FileDigest, Removed: stillNamed(runs, gone),
		Text: fmt.Sprintf("removed %d files with %d records from before %s, which are no longer kept%s", removal.Files, removal.Records, before.UTC().Format("2006-01-02 15:04 UTC"), clauses(bareRule(rule))),
	}
	if err := l.writeFirst(record); err != nil {
		return Removal{}, err
	}
	for _, o := range gone { // the oldest first, so that what remains of a run after a crash is its end
		if failed := os.Remove(o.path); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return removal, err
}

// name returns the name of the file in which the log writes.
func (l *Log) name() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return filepath.Base(l.path)
}

// writeFirst writes a record as the first of a new file.
func (l *Log) writeFirst(r Record) error {
	l.mu.Lock()
	err := os.ErrClosed
	if !l.closed {
		err = l.nextPart()
	}
	if err == nil {
		err = l.append(&r)
	}
	l.unlock(err)
	return err
}

// oldParts returns the files of which all records are from before a time, but for one: of each run only the first ones, so that
// its remaining records follow each other.
func oldParts(runs [][]part, before time.Time, but string) (gone []old) {
	for _, run := range runs {
		for _, p := range run {
			last := lastRecord(p.path)
			if p.name == but || last.Hash == "" || !last.Time.Before(before) {
				break
			}
			gone = append(gone, old{p, last})
		}
	}
	return gone
}

func removalOf(gone []old) (r Removal, err error) {
	for _, o := range gone {
		info, err := os.Lstat(o.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process is removing the same
		}
		if err != nil {
			return r, err
		}
		r.Files, r.Bytes, r.Records = r.Files+1, r.Bytes+info.Size(), r.Records+o.last.Seq+1-max(1, firstRecord(o.path).Seq)
	}
	return r, nil
}

// stillNamed returns the heads of removed files that the remaining ones name, also of files that were removed earlier: their record
// may be removed now.
func stillNamed(runs [][]part, gone []old) (heads []Head) {
	removed, files := map[Head]bool{}, map[string]bool{}
	for _, o := range gone {
		files[o.name] = true
	}
	var named []Head
	for _, run := range runs {
		for i, p := range run {
			first := firstRecord(p.path)
			for _, h := range first.Removed {
				removed[h] = true
			}
			if files[p.name] {
				continue
			}
			if i == 0 {
				named = append(named, first.Heads...)
			}
			switch {
			case i == 0 && first.Follows != "":
				named = append(named, Head{first.Follows, first.Prev})
			case i == 0 && p.number > 1: // its beginning was removed earlier
				named = append(named, headNamed(first, removed)...)
			case i > 0 && files[run[i-1].name]:
				named = append(named, Head{run[i-1].name, first.Prev})
			}
		}
	}
	for _, h := range named {
		if (removed[h] || files[h.File]) && !slices.Contains(heads, h) {
			heads = append(heads, h)
		}
	}
	return heads
}

// headNamed returns the removed head that a record follows.
func headNamed(r Record, removed map[Head]bool) (heads []Head) {
	for h := range removed {
		if h.Hash == r.Prev {
			heads = append(heads, h)
		}
	}
	return heads
}
