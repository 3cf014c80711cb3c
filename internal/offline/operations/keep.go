package operations

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"dixa-mcp/internal/offline/changes"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
)

// maxStateAge is how old the data may be when it is continued: an older help desk would have seen nothing for weeks.
const maxStateAge = 30 * 24 * time.Hour

// Keep makes changes survive a restart: it carries out again what was changed according to the file of a directory, and records there
// what is changed from now on, until stop is called. It must be called before the first request. What was changed in other data, by
// another version or more than 30 days ago, is moved aside. While another process records in the directory, changes of this one are
// forgotten at its end, and a warning says so.
func (a *API) Keep(dir string) (stop func(), err error) {
	f, err := changes.Open(dir)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.fitting(f.Origin)
	fits := before != nil
	if fits {
		a.o.Anchor, a.state = f.Origin.Anchor, before
		a.redo(f.Changes)
	}
	if f.Taken() {
		slog.Warn("another process records the changes of the offline Dixa in this directory; those of this process end with it", "file", f.Path())
		return func() {}, nil
	}
	if err := f.Record(fits); err != nil {
		return nil, err
	}
	a.kept = f
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.kept = nil
		f.Close()
	}, nil
}

// fitting returns the data to which changes were made, nil where this program does not make it, or they are old.
func (a *API) fitting(o changes.Origin) *desk.World {
	if o.Seed != a.o.Seed || a.o.Now().Sub(o.Anchor) >= maxStateAge {
		return nil
	}
	if w := a.o.Make(o.Seed, o.Anchor); w.Fingerprint() == o.Data {
		return w
	}
	return nil
}

// redo carries out changes again. The caller holds the lock.
func (a *API) redo(all []changes.Change) {
	for _, ch := range all {
		r := &http.Request{Method: ch.Method, URL: &url.URL{Path: ch.Path, RawQuery: ch.Query}, Header: http.Header{},
			Body: io.NopCloser(bytes.NewReader(ch.Body))}
		r.Header.Set("Content-Type", ch.Type)
		asked, rt, err := routes.Read(r)
		if err != nil {
			continue // cannot be: it was carried out once
		}
		a.world().Made = ch.Made
		_ = a.handle(&call.Call{Request: asked, Notes: notesOf{a, true}}, rt, ch.At) // what became of it was answered when it was carried out first
	}
	a.effects = nil
}

// record writes a change down. The caller holds the lock. What cannot be written ends the recording, not the request: it was done.
func (a *API) record(c *call.Call, made int64) {
	f := a.kept
	if f == nil {
		return
	}
	r := c.HTTP
	err := f.Append(changes.Change{At: c.Now, Made: made, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Type: r.Header.Get("Content-Type"), Body: c.Body},
		func() changes.Origin {
			return changes.Origin{Seed: a.o.Seed, Anchor: a.o.Anchor, Data: a.o.Make(a.o.Seed, a.o.Anchor).Fingerprint()}
		})
	if err != nil {
		slog.Warn("changes of the offline Dixa are not recorded any more and end with this process", "file", f.Path(), "error", err)
		a.kept = nil
		f.Close()
	}
}
