package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	documentFor  = 10 * time.Minute // for how long a document is not read again
	refusedFor   = 10 * time.Second // for how long a document that cannot be used is not read again
	maxDocuments = 500              // that are remembered
	// Anybody can have documents read. This bounds how often, so that the server is no tool against others.
	documentsPerSecond, documentsAtOnce = 5, 20
)

// documents knows clients by the documents at the addresses that are their ids.
type documents struct {
	http   *http.Client
	now    func() time.Time
	reads  *rate.Limiter
	flight singleflight.Group

	mu    sync.Mutex
	known map[string]document
}

// document is what was read at an address.
type document struct {
	client  *Client
	err     error
	expires time.Time
}

func newDocuments(c *http.Client, now func() time.Time) *documents {
	return &documents{http: c, now: now, reads: rate.NewLimiter(documentsPerSecond, documentsAtOnce), known: map[string]document{}}
}

var errBusyDocuments = errors.New("too many clients are being looked up; try again in a few seconds")

// client returns the client whose id is the address of a document.
func (d *documents) client(ctx context.Context, id string) (*Client, error) {
	if err := checkDocumentAddress(id); err != nil {
		return nil, err
	}
	if known, ok := d.cached(id); ok {
		return known.client, known.err
	}
	read, err, _ := d.flight.Do(id, func() (any, error) {
		if known, ok := d.cached(id); ok {
			return known, nil
		}
		if !d.reads.AllowN(d.now(), 1) {
			return nil, errBusyDocuments
		}
		// Others wait for the same answer: it must not end with the first who asked.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), documentTimeout)
		defer cancel()
		c, err := d.read(ctx, id)
		return d.remember(id, c, err), nil
	})
	if err != nil {
		return nil, err
	}
	known := read.(document)
	return known.client, known.err
}

func (d *documents) cached(id string) (document, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.known[id]
	return known, ok && d.now().Before(known.expires)
}

// remember notes what was read. The one that expires first makes room.
func (d *documents) remember(id string, c *Client, err error) document {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := document{c, err, d.now().Add(documentFor)}
	if err != nil {
		known.expires = d.now().Add(refusedFor)
	}
	if _, ok := d.known[id]; !ok && len(d.known) >= maxDocuments {
		first := ""
		for other, k := range d.known {
			if first == "" || k.expires.Before(d.known[first].expires) {
				first = other
			}
		}
		delete(d.known, first)
	}
	d.known[id] = known
	return known
}

// checkDocumentAddress refuses addresses that are not in the form that the draft of client-id metadata documents has, so that
// each document has one address.
func checkDocumentAddress(id string) error {
	u, err := url.Parse(id)
	switch {
	case err != nil || len(id) > maxClientID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("the client's id must be an address of at most %d ASCII characters", maxClientID)
	case !isDocument(id) || u.Hostname() == "" || u.User != nil || strings.Contains(id, "#") || u.Port() != "" || !validPort(u):
		return errors.New("the client's id must be an https:// address without user, port and fragment")
	case u.Path == "" || u.Path == "/" || u.JoinPath().EscapedPath() != u.EscapedPath() || u.RawQuery != "" || u.ForceQuery:
		return errors.New("the client's id must have a path, without /./ and /../, and no query")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || !strings.Contains(strings.TrimSuffix(u.Hostname(), "."), ".") {
		return errors.New("the client's id must be at a public host name")
	}
	return nil
}

// read reads the document at an address.
func (d *documents) read(ctx context.Context, id string) (*Client, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, errors.New("the client's id is not an address")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "dixa-mcp")
	answer, err := d.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the client's metadata document could not be read: %w", unwrapURL(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the client's metadata document could not be read: its host answered %d", answer.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
		return nil, errors.New("the client's metadata document is not JSON by its Content-Type")
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	switch {
	case err != nil:
		return nil, errors.New("the client's metadata document could not be read whole in time")
	case len(text) > maxDocument:
		return nil, fmt.Errorf("the client's metadata document is over %d KiB", maxDocument>>10)
	}
	c, err := parseClient(text)
	if err != nil {
		return nil, err
	}
	if c.ID != id {
		return nil, errors.New("the client's metadata document has another client_id than its address")
	}
	c.kind = byDocument
	return c, nil
}

// unwrapURL returns an error without the address, which the person sees beside it.
func unwrapURL(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
