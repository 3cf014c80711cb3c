package offline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"dixa-mcp/internal/base/filelock"
)

const (
	// stateVersion is the version of the format of the state file.
	stateVersion = 1
	// maxState bounds the state file, in bytes. What is changed after that is forgotten at the end.
	maxState = 32 << 20
	// maxStateAge is how old the data may be when it is continued: an older help desk would have seen nothing for weeks.
	maxStateAge = 30 * 24 * time.Hour
)

// state is the file that makes changes survive a restart: a line that says which data they were made to, and a line for each request
// that changed it. At the next start the requests are carried out again. A line that is written half, because the process was killed,
// is dropped.
type state struct {
	path    string
	file    *os.File
	size    int64
	release func()
	header  stateHeader
}

type stateHeader struct {
	Version int       `json:"offline"`
	Seed    uint64    `json:"seed"`
	Anchor  time.Time `json:"anchor"`
	Data    uint64    `json:"data"` // fingerprint of the data before any change
}

// change is one request that changed the data.
type change struct {
	At     time.Time `json:"at"`
	Made   int64     `json:"made"` // things created before it, for their ids
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Type   string    `json:"type,omitempty"`
	Body   []byte    `json:"body,omitempty"`
}

// keep does what [Dixa.Keep] says.
func (a *api) keep(dir string) (stop func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	s := &state{path: filepath.Join(dir, "offline.jsonl")}
	if s.release, err = filelock.TryLock(s.path + ".lock"); err != nil {
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	changes, good, err := s.read()
	if err != nil {
		s.close()
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.fitting(s.header)
	fits := before != nil
	if fits {
		a.anchor, a.state = s.header.Anchor, before
		a.redo(changes)
	}
	if s.release == nil {
		slog.Warn("another process records the changes of the offline Dixa in this directory; those of this process end with it", "file", s.path)
		return func() {}, nil
	}
	if err := s.open(fits, good); err != nil {
		s.close()
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	a.kept = s
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.kept = nil
		s.close()
	}, nil
}

// fitting returns the data to which the changes were made, nil where this program does not make it, or they are old.
func (a *api) fitting(h stateHeader) *world {
	if h.Version != stateVersion || h.Seed != a.seed || a.now().Sub(h.Anchor) >= maxStateAge {
		return nil
	}
	if w := newWorld(h.Seed, h.Anchor); w.fingerprint() == h.Data {
		return w
	}
	return nil
}

// fingerprint tells data of different generators apart.
func (w *world) fingerprint() uint64 {
	h := fnv.New64a()
	for _, c := range w.conversations {
		fmt.Fprintln(h, c.id, c.requester, c.channel.label, c.agent, c.queue, c.state, c.subject, len(c.beats), c.lastMessage.UnixMilli())
	}
	return h.Sum64()
}

// redo carries out changes again. The caller holds the lock.
func (a *api) redo(changes []change) {
	for _, ch := range changes {
		r := &http.Request{Method: ch.Method, URL: &url.URL{Path: ch.Path, RawQuery: ch.Query}, Header: http.Header{},
			Body: io.NopCloser(bytes.NewReader(ch.Body))}
		r.Header.Set("Content-Type", ch.Type)
		asked, rt, err := routes.Read(r)
		if err != nil {
			continue // cannot be: it was carried out once
		}
		a.world().made = ch.Made
		_ = a.handle(&call{api: a, Request: asked, again: true}, rt, ch.At) // what became of it was answered when it was carried out first
	}
	a.effects = nil
}

// read returns the changes in the file, and how many bytes of it can be read.
func (s *state) read() (changes []change, good int64, err error) {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	lines := bufio.NewReader(io.LimitReader(f, maxState))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil { // a line without an end was written half
			return changes, good, nil
		}
		var ch change
		if good == 0 {
			err = json.Unmarshal(line, &s.header)
		} else if err = json.Unmarshal(line, &ch); err == nil {
			changes = append(changes, ch)
		}
		if err != nil {
			return changes, good, nil
		}
		good += int64(len(line))
	}
}

// open opens the file for changes: behind those that were read, or, where they do not fit, empty.
func (s *state) open(fits bool, good int64) (err error) {
	if !fits {
		if err := os.Rename(s.path, s.path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		good = 0
	}
	if s.file, err = os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := s.file.Truncate(good); err != nil {
		return err
	}
	s.size, err = s.file.Seek(good, io.SeekStart)
	return err
}

func (s *state) close() {
	if s.file != nil {
		_ = s.file.Close() // every line was written when it came
	}
	if s.release != nil {
		s.release()
	}
}

// record writes a change down. The caller holds the lock. What cannot be written ends the recording, not the request: it was done.
func (a *api) record(c *call, made int64) {
	s := a.kept
	if s == nil || c.again {
		return
	}
	var err error
	if s.size == 0 {
		err = s.append(stateHeader{stateVersion, a.seed, a.anchor, newWorld(a.seed, a.anchor).fingerprint()})
	}
	if err == nil {
		err = s.append(change{c.now, made, c.HTTP.Method, c.HTTP.URL.Path, c.HTTP.URL.RawQuery, c.HTTP.Header.Get("Content-Type"), c.Body})
	}
	if err != nil {
		slog.Warn("changes of the offline Dixa are not recorded any more and end with this process", "file", s.path, "error", err)
		a.kept = nil
		s.close()
	}
}

var errStateFull = fmt.Errorf("the file has %d MiB; remove it to begin again", maxState>>20)

func (s *state) append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if s.size+int64(len(line)) > maxState {
		return errStateFull
	}
	n, err := s.file.Write(line)
	s.size += int64(n)
	return err
}
