package audit

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Place is a line of a file.
type Place struct {
	File string // name without its directory
	Line int    // from 1; 0 is the file as a whole
	Seq  uint64 // number of the record that is or should be there; 0 if not known
}

// String returns "file:line (record 12)".
func (p Place) String() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Seq > 0 {
		s += fmt.Sprintf(" (record %d)", p.Seq)
	}
	return s
}

// Problem is a place where the records are not as they were written.
type Problem struct {
	Place
	Reason string
}

// String returns the place and the reason.
func (p Problem) String() string { return p.Place.String() + ": " + p.Reason }

// Intent is a write that was announced and whose outcome was never recorded: the process is still at it, or ended in
// the middle, and then it is not known whether Dixa did it.
type Intent struct {
	Place
	Record Record
}

// Report is what Verify found.
type Report struct {
	Files, Records int
	Problems       []Problem // the first of each run, and heads that are gone
	Torn           []Place   // last lines cut short by a crash or a full disk; nothing was done on their strength
	Removed        []string  // what earlier files are gone because they were no longer kept, as a record says
	Missing        []string  // what earlier files are gone without such a record
	Unended        []Place   // last records of runs that are no stop record: still running, killed, or cut off
	Unfinished     []Intent
}

// OK reports whether no record was altered, removed or put elsewhere. Whole files that are gone do not count.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Check adds to what Verify checks.
type Check func(*verifier)

// ExpectHead demands that the record which was once the newest is there, as [Log.Head] gave it.
func ExpectHead(seq uint64, hash string) Check {
	return func(v *verifier) {
		v.expect(hash, claim{seq: seq, reason: "missing: the record that was the newest is cut off or altered"})
	}
}

// Verify checks the records at path (a directory, or one file with the other parts of its run) and names the first
// place of each run where a line was altered, removed, reordered or exchanged. The error is for files that could not
// be read.
func Verify(path string, checks ...Check) (Report, error) {
	runs, err := findRuns(path)
	if err != nil {
		return Report{}, err
	}
	v := &verifier{claims: map[string][]*claim{}, removed: map[Head]bool{}}
	for _, check := range checks {
		check(v)
	}
	files := map[string]bool{}
	for _, run := range runs {
		for _, p := range run {
			files[p.name] = true
		}
	}
	for _, run := range runs {
		for _, p := range run {
			v.findRemoved(p)
		}
	}
	for _, run := range runs {
		if err := v.findClaims(run[0], files); err != nil {
			return v.report, err
		}
	}
	for _, run := range runs {
		if err := v.run(run); err != nil {
			return v.report, err
		}
	}
	v.unmetClaims(path)
	return v.report, nil
}

type verifier struct {
	report  Report
	claims  map[string][]*claim // by hash
	order   []*claim
	removed map[Head]bool // as records say
}

// findRemoved notes what the first record of a file says was removed.
func (v *verifier) findRemoved(p part) {
	for line, err := range lines(p.path) {
		if err != nil {
			return // reading it again gives the same error
		}
		if r, altered := Unseal(line.text); altered == "" && r.Event == EventRemoved {
			for _, h := range r.Removed {
				v.removed[h] = true
			}
		}
		return
	}
}

// gone notes a file that is not there.
func (v *verifier) gone(h Head, what string) {
	list := &v.report.Missing
	if v.removed[h] {
		list = &v.report.Removed
	}
	if !slices.Contains(*list, what) {
		*list = append(*list, what)
	}
}

// claim says that a record with a certain hash was there.
type claim struct {
	file   string // where it was, when that is known
	seq    uint64
	reason string // what to report when it is not
	met    bool
}

func (v *verifier) expect(hash string, c claim) {
	v.claims[hash] = append(v.claims[hash], &c)
	v.order = append(v.order, &c)
}

// findClaims notes what the first record of a run says about the runs before it. Where only this run was asked for,
// there is nothing to check it against.
func (v *verifier) findClaims(p part, files map[string]bool) error {
	for line, err := range lines(p.path) {
		if err != nil {
			return err
		}
		r, reason := Unseal(line.text)
		if reason != "" {
			return nil
		}
		if r.Follows != "" {
			v.claim(p, Head{r.Follows, r.Prev}, files)
		}
		for _, h := range r.Heads {
			v.claim(p, h, files)
		}
		return nil
	}
	return nil
}

// claim notes that the run which begins with p says that a record was the last of its file.
func (v *verifier) claim(p part, h Head, files map[string]bool) {
	_, err := os.Lstat(filepath.Join(filepath.Dir(p.path), filepath.Base(h.File)))
	switch {
	case files[h.File]:
		v.expect(h.Hash, claim{file: h.File, reason: "missing: a record is cut off or altered that " + p.name + " names as the last"})
	case err != nil:
		v.gone(h, h.File)
	}
}

func (v *verifier) unmetClaims(path string) {
	for _, c := range v.order {
		if c.met {
			continue
		}
		at := Place{File: cmp.Or(c.file, path), Seq: c.seq}
		v.report.Problems = append(v.report.Problems, Problem{at, c.reason})
	}
}

// runState is what the next record of a run must carry on from.
type runState struct {
	headless bool // the first files of the run are gone
	begun    bool
	seq      uint64
	prev     string
	problem  int    // index of this run's problem in the report, or -1
	absent   uint64 // first record found missing: it may turn up later
	intents  []Intent
	last     Place // of its newest record
	event    Event // of that record
}

func (v *verifier) run(parts []part) error {
	s := &runState{problem: -1, headless: parts[0].number > 1}
	if s.headless {
		prev := firstRecord(parts[0].path).Prev
		before := Head{Hash: prev}
		for h := range v.removed {
			if h.Hash == prev {
				before = h
			}
		}
		v.gone(before, "what was before "+parts[0].name)
	}
	for _, p := range parts {
		v.report.Files++
		for line, err := range lines(p.path) {
			if err != nil {
				return err
			}
			v.line(s, p, line)
		}
	}
	v.report.Unfinished = append(v.report.Unfinished, s.intents...)
	if s.event != EventStop {
		if s.last.File == "" { // not one record can be read
			s.last.File = parts[0].name
		}
		v.report.Unended = append(v.report.Unended, s.last)
	}
	return nil
}

func (v *verifier) line(s *runState, p part, line fileLine) {
	at := Place{File: p.name, Line: line.number, Seq: s.seq + 1}
	if !line.whole {
		v.unended(s, at, line.text)
		return
	}
	r, reason := Unseal(line.text)
	if reason != "" {
		v.problem(s, at, reason)
		return
	}
	v.report.Records++
	for _, c := range v.claims[r.Hash] {
		c.met = c.seq == 0 || c.seq == r.Seq
	}
	if r.Run != "" && p.named && r.Run != p.run {
		v.problem(s, at, "renamed or copied: these are the records of the run "+r.Run)
	}
	v.checkOrder(s, at, r)
	s.track(Intent{Place{p.name, line.number, r.Seq}, r})
	s.begun, s.seq, s.prev = true, r.Seq, r.Hash
	s.last, s.event = Place{p.name, line.number, r.Seq}, r.Event
}

// unended judges a last line without a newline. A crash leaves the beginning of a line; a whole line with something
// else in place of its newline was altered.
func (v *verifier) unended(s *runState, at Place, text []byte) {
	if _, reason := Unseal(text[:len(text)-1]); reason == "" {
		v.problem(s, at, "altered: the line does not end where it should")
		return
	}
	v.report.Torn = append(v.report.Torn, at)
}

// checkOrder checks that a record follows the one before it.
func (v *verifier) checkOrder(s *runState, at Place, r Record) {
	want := s.seq + 1
	switch {
	case s.problem >= 0:
		if s.absent != 0 && r.Seq == s.absent {
			v.report.Problems[s.problem].Reason = fmt.Sprintf("reordered: record %d is at %s:%d", r.Seq, at.File, at.Line)
		}
	case !s.begun && s.headless: // its beginning is reported as missing
	case r.Seq > want:
		s.absent = want
		v.problem(s, at, "missing: "+span(want, r.Seq-1))
	case r.Seq < want:
		v.problem(s, at, fmt.Sprintf("reordered: record %d is here", r.Seq))
	case s.begun && r.Prev != s.prev:
		v.problem(s, at, "exchanged: the record does not name the one before it")
	}
}

func span(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("record %d", first)
	}
	return fmt.Sprintf("records %d to %d", first, last)
}

// problem reports the first of a run; what comes after it says nothing new.
func (v *verifier) problem(s *runState, at Place, reason string) {
	if s.problem < 0 {
		s.problem = len(v.report.Problems)
		v.report.Problems = append(v.report.Problems, Problem{at, reason})
	}
}

// track keeps the intents that have no outcome yet.
func (s *runState) track(i Intent) {
	switch {
	case i.Record.Event == EventIntent:
		s.intents = append(s.intents, i)
	case i.Record.Call != "": // whatever it came to
		s.intents = slices.DeleteFunc(s.intents, func(open Intent) bool { return open.Record.Call == i.Record.Call })
	}
}
