package approval

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/base/stored"
)

const (
	lockName    = "lock"
	lockTimeout = 10 * time.Second // the lock is held for a few milliseconds
)

var (
	isDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })
	fileName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(A-[2-9A-Z]{4,8})\.([0-9a-f]{16})(?:\.([0-9a-f]{16}))?\.json$`)
	})
)

// folder is the directory while this goroutine holds its lock.
type folder struct {
	path    string
	now     time.Time
	entries []entry
}

// entry is the file of a request. Its name has the beginning of the digests, so that a call finds its own.
type entry struct{ name, number, digest, call string }

func nameOf(r Request) string {
	call := ""
	if r.Call != "" {
		call = "." + r.Call[:16]
	}
	return r.Number + "." + r.Digest[:16] + call + ".json"
}

// within runs do while no other goroutine or process uses the directory.
func (d *Dir) within(ctx context.Context, do func(*folder) error) error {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return fmt.Errorf("the approvals are in use: %w", ctx.Err())
	}
	if err := prepare(d.path); err != nil {
		return err
	}
	release, err := acquire(ctx, filepath.Join(d.path, lockName))
	if err != nil {
		return err
	}
	defer release()
	f := &folder{path: d.path, now: d.now().UTC()}
	if err := f.look(); err != nil {
		return err
	}
	return do(f)
}

// acquire waits for the lock at path.
func acquire(ctx context.Context, path string) (release func(), err error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 32*time.Millisecond) {
		release, err := filelock.TryLock(path)
		if err != nil {
			return nil, fmt.Errorf("the approvals could not be locked: %w", err)
		}
		if release != nil {
			return release, nil
		}
		if err := pause.For(ctx, wait); err != nil {
			return nil, fmt.Errorf("the approvals are in use by another process: %w", err)
		}
	}
}

// prepare makes the directory, for this user alone. It refuses one in which others could put approvals.
func prepare(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the directory of approvals: %w", err)
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return fmt.Errorf("check the directory of approvals: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s, the directory of approvals, is not a directory or is a symbolic link", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0: // Windows has no such bits
		return fmt.Errorf("others may use the directory of approvals %s (mode %04o): run chmod 700 on it", path, info.Mode().Perm())
	}
	return nil
}

// look lists the requests, and removes temporary files of processes that were killed.
func (f *folder) look() error {
	all, err := os.ReadDir(f.path)
	if err != nil {
		return fmt.Errorf("read the approvals: %w", err)
	}
	for _, e := range all {
		if m := fileName().FindStringSubmatch(e.Name()); m != nil {
			f.entries = append(f.entries, entry{e.Name(), m[1], m[2], m[3]})
		} else if atomicfile.IsTemp(e.Name()) {
			if err := os.Remove(filepath.Join(f.path, e.Name())); err != nil {
				return fmt.Errorf("remove what was left half-written: %w", err)
			}
		}
	}
	return nil
}

// Get reads a request by its number.
func (f *folder) Get(number string) (Request, error) {
	for _, e := range f.entries {
		if e.number == number {
			return f.read(e)
		}
	}
	return Request{}, fmt.Errorf("%.20q: %w", number, ErrNotFound)
}

// Same reads the agent's requests with the digest, newest first.
func (f *folder) Same(agent, digest string) ([]Request, error) {
	var list []Request
	for _, e := range f.entries {
		if !strings.HasPrefix(digest, e.digest) && (e.call == "" || !strings.HasPrefix(digest, e.call)) {
			continue
		}
		r, err := f.read(e)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Agent == agent && (r.Digest == digest || r.Call == digest) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Request) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Number, b.Number))
	})
	return list, nil
}

// Of reads the requests that can be read: unreadable ones are not pending.
func (f *folder) Of(string) ([]Request, error) {
	list, _ := f.All()
	return list, nil
}

// All reads every request. The error names those that could not be read.
func (f *folder) All() ([]Request, error) {
	var list []Request
	var problems []error
	for _, e := range f.entries {
		r, err := f.read(e)
		switch {
		case err == nil:
			list = append(list, r)
		case !errors.Is(err, ErrNotFound):
			problems = append(problems, err)
		}
	}
	return list, errors.Join(problems...)
}

// read reads a request and brings its state up to date. It returns [ErrNotFound] if the request is forgotten by now.
func (f *folder) read(e entry) (Request, error) {
	path := filepath.Join(f.path, e.name)
	data, err := os.ReadFile(path)
	if err != nil {
		return Request{}, fmt.Errorf("read the request: %w", err)
	}
	var r Request
	err = stored.Decode(data, &r)
	if errors.Is(err, stored.ErrNewer) {
		return Request{}, fmt.Errorf("%s cannot be used: %w", path, err)
	}
	if err != nil || !isDigest().MatchString(r.Digest) || r.Call != "" && !isDigest().MatchString(r.Call) || nameOf(r) != e.name {
		return Request{}, fmt.Errorf("%s is not as it was written; remove it, and the agent asks again", path)
	}
	if r.Forgotten(f.now) {
		if err := os.Remove(path); err != nil {
			return Request{}, fmt.Errorf("forget a request: %w", err)
		}
		return Request{}, fmt.Errorf("%s: %w", e.number, ErrNotFound)
	}
	if r.Age(f.now) {
		return r, f.Put(r)
	}
	return r, nil
}

// Put writes the file of a request.
func (f *folder) Put(r Request) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(f.path, nameOf(r)), b.Bytes()); err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	return nil
}

// Has reports whether a request has the number.
func (f *folder) Has(number string) (bool, error) {
	return slices.ContainsFunc(f.entries, func(e entry) bool { return e.number == number }), nil
}

// Now returns when the lock was taken.
func (f *folder) Now() time.Time { return f.now }
