package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dixa-mcp/internal/base/atomicfile"
)

// DefaultMaxBytes is the size at which a new part is begun.
const DefaultMaxBytes = 64 << 20

// Options say where and how records are kept.
type Options struct {
	Dir      string           // the directory; made with mode 0700, files in it with 0600
	Start    Record           // what else the "start" record says: Text, FileDigest
	Now      func() time.Time // nil is time.Now
	Sync     bool             // fsync after each record: survives a loss of power, costs a disk write a record
	MaxBytes int64            // of one part; 0 is DefaultMaxBytes
	OnError  func(error)      // hears every failure, also those that lost no record; called without locks held
}

// Log writes the records of one process. It is safe for concurrent use.
type Log struct {
	options Options
	create  func(path string) (file, error)

	mu      sync.Mutex
	run     string
	part    int
	file    file
	path    string
	info    os.FileInfo // of file, to see that path still leads to it
	size    int64       // what file holds: whole records
	torn    bool        // a part of a record could not be taken back, so no record may follow in this file
	closed  bool
	seq     uint64
	head    string
	buffer  []byte  // of the last line
	trouble []error // for OnError, once mu is free
}

// file is what Log needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
	Stat() (os.FileInfo, error)
}

// Open begins a run with a file of its own and writes its "start" record, which proves that records can be kept.
func Open(o Options) (*Log, error) {
	return openWith(o, createFile)
}

func openWith(o Options, create func(string) (file, error)) (*Log, error) {
	if o.Dir == "" {
		return nil, errors.New("audit: no directory is set")
	}
	o.Dir = filepath.Clean(o.Dir)
	if o.Now == nil {
		o.Now = time.Now
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	l := &Log{options: o, create: create}

	if err := prepareDir(o.Dir); err != nil {
		return nil, err
	}
	start := o.Start
	start.Event = EventStart
	start.Text = cmp.Or(start.Text, "started")
	follows, others, err := findHeads(o.Dir)
	if err != nil {
		return nil, err
	}
	start.Follows, l.head, start.Heads = follows.File, follows.Hash, others
	if err := l.begin(o.Now()); err != nil {
		return nil, err
	}
	start.Run = l.run
	if err := l.Write(context.Background(), start); err != nil {
		return nil, errors.Join(err, l.file.Close(), os.Remove(l.path))
	}
	return l, nil
}

// Dir returns the directory of the records.
func (l *Log) Dir() string { return l.options.Dir }

// begin creates the first part. Another process can have the same process id and start, in another container that
// shares the directory; then the name moves on by a millisecond.
func (l *Log) begin(start time.Time) (err error) {
	for range 100 {
		l.run, l.part = runName(start, os.Getpid()), 0
		if err = l.nextPart(); !errors.Is(err, os.ErrExist) {
			return err
		}
		start = start.Add(time.Millisecond)
	}
	return err
}

// nextPart creates the part after this one and goes on in it. On an error nothing has changed.
func (l *Log) nextPart() error {
	if err := prepareDir(l.options.Dir); err != nil {
		return err
	}
	number := l.part + 1
	path := partPath(l.options.Dir, l.run, number)
	f, err := l.create(path)
	for l.part > 0 && errors.Is(err, os.ErrExist) { // put there by another process: Verify will name it
		number++
		path = partPath(l.options.Dir, l.run, number)
		f, err = l.create(path)
	}
	if err != nil {
		return fmt.Errorf("begin an audit file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("begin an audit file: %w", err), f.Close())
	}
	if l.options.Sync {
		l.note(atomicfile.SyncDir(l.options.Dir))
	}
	if l.file != nil {
		l.note(l.file.Close())
	}
	l.part, l.file, l.path, l.info, l.size, l.torn = number, f, path, info, 0, false
	return nil
}

// Write appends one record and returns once the operating system has it (with Sync: the disk). It sets Seq, Prev and
// Hash, and Time where that is zero. An error means that the record was not kept: what it announces must not be
// done. The next Write tries again. A cancelled context does not stop it, since cancelled calls are recorded too.
func (l *Log) Write(_ context.Context, r Record) error {
	l.mu.Lock()
	err := l.append(&r)
	l.unlock(err)
	return err
}

// unlock releases mu, then tells OnError what went wrong while it was held.
func (l *Log) unlock(err error) {
	l.note(err)
	trouble := l.trouble
	l.trouble = nil
	l.mu.Unlock()
	if l.options.OnError == nil {
		return
	}
	for _, t := range trouble {
		l.options.OnError(t)
	}
}

func (l *Log) note(err error) {
	if err != nil {
		l.trouble = append(l.trouble, err)
	}
}

func (l *Log) append(r *Record) error {
	if l.closed {
		return fmt.Errorf("the audit record was not written: %w", os.ErrClosed)
	}
	line, hash, err := l.encode(r)
	if err != nil {
		return fmt.Errorf("the audit record was not written: %w", err)
	}
	if err := l.makeRoom(int64(len(line))); err != nil {
		return fmt.Errorf("the audit record was not written: %w", err)
	}
	if err := l.put(line); err != nil {
		return fmt.Errorf("the audit record was not written to %s: %w", filepath.Base(l.path), err)
	}
	l.seq, l.head = r.Seq, hash
	return nil
}

// encode returns the line with its newline, valid until the next call, and its hash.
func (l *Log) encode(r *Record) (line []byte, hash string, err error) {
	if r.Time.IsZero() {
		r.Time = l.options.Now()
	}
	r.Seq, r.Prev, r.Hash = l.seq+1, l.head, ""
	r.brief()
	open, err := r.appendJSON(l.buffer[:0])
	if err != nil {
		return nil, "", err
	}
	open = open[:len(open)-len("}")]
	hash = seal(open)
	l.buffer = append(append(append(open, hashField...), hash...), "\"}\n"...)
	return l.buffer, hash, nil
}

// makeRoom goes on in a new part when this one is full, or when a record written here could not be read back.
func (l *Log) makeRoom(n int64) error {
	if why := l.unusable(); why != nil {
		if err := l.nextPart(); err != nil {
			return errors.Join(why, err)
		}
		l.note(fmt.Errorf("%w: the records go on in %s", why, filepath.Base(l.path)))
	}
	if l.size > 0 && l.size+n > l.options.MaxBytes {
		// A file that grows too large is a lesser evil than calls that cannot be made.
		l.note(l.nextPart())
	}
	return nil
}

// unusable looks whether the file is still there under its name, and as this process left it. Records written to a
// file that a clean-up has deleted would be lost without an error.
func (l *Log) unusable() error {
	name := filepath.Base(l.path)
	info, err := os.Lstat(l.path)
	switch {
	case l.torn:
		return fmt.Errorf("the audit file %s ends with a torn line", name)
	case err != nil:
		return fmt.Errorf("the audit file %s cannot be found any more: %w", name, err)
	case !os.SameFile(info, l.info):
		return fmt.Errorf("the audit file %s was replaced by another", name)
	case info.Size() > l.size: // not "differs": a network file system may report a size that is behind
		return fmt.Errorf("another process wrote to the audit file %s", name)
	}
	return nil
}

// put writes a line, or takes back what it wrote of it.
func (l *Log) put(line []byte) error {
	n, err := l.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err == nil && l.options.Sync {
		err = l.file.Sync()
	}
	if err == nil {
		l.size += int64(n)
		return nil
	}
	if n > 0 {
		if undo := l.file.Truncate(l.size); undo != nil {
			l.torn = true
			return errors.Join(err, undo)
		}
	}
	return err
}

// Head returns the number and hash of the newest record. Kept in another place, it shows later whether the end of
// the file was cut off: see [ExpectHead].
func (l *Log) Head() (seq uint64, hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq, l.head
}

// Close writes the "stop" record and closes the file. A second Close does nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	err := errors.Join(l.append(&Record{Event: EventStop, Text: "stopped"}), l.file.Sync(), l.file.Close())
	l.closed = true
	l.unlock(err)
	return err
}
