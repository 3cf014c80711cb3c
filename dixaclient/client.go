package dixaclient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/base/address"
)

// The addresses of Dixa, and the limits that it documents or that were found to be safe.
const (
	DefaultURL        = "https://dev.dixa.io"
	DefaultExportsURL = "https://exports.dixa.io"

	// DefaultRate is Dixa's limit for one token, in requests a second; 864,000 a day is the same rate.
	DefaultRate = 10
	// DefaultBurst is one less than the four that Dixa allows: with four, a long run meets a 429.
	DefaultBurst = 3

	// DefaultAttemptTimeout bounds one attempt; a whole call is bounded by its context.
	DefaultAttemptTimeout = 20 * time.Second
	// DefaultMaxAnswer bounds an answer in bytes, after decompression.
	DefaultMaxAnswer = 32 << 20
	// keptConnections is how many stay open between requests: calls of many agents are on their way together.
	keptConnections = 128
	// maxAttempts is the maximum number of times that one call is sent.
	maxAttempts = 3
)

// Config says how to reach Dixa. Only Token is required.
type Config struct {
	Token      TokenSource
	ReadTokens []TokenSource     // more tokens that reads may go over; each has a limit of its own at Dixa
	URL        string            // address of the API
	ExportsURL string            // address of the Exports API
	Version    Version           // of the API; V1 by default
	Bearer     map[Host]bool     // write "Bearer " before the token; by default only for Exports
	Transport  http.RoundTripper // by default one that keeps connections and minds HTTPS_PROXY
	Rate       float64           // maximum requests a second
	Burst      int               // maximum requests at once
	// Buckets makes the bucket for a token at a host, when it is first used or was replaced; it must not block. By
	// default a [LocalBucket].
	Buckets        func(BucketSpec) Bucket
	Files          FileHost      // where the files of messages are
	AttemptTimeout time.Duration // for one attempt
	MaxAnswer      int64         // in bytes
	UserAgent      string
}

// Client sends operations to Dixa. It is safe for concurrent use. All clients made from one by [Client.With] share
// its connections and its share of Dixa's limit.
type Client struct {
	*core
	around []Around
}

// core is what all clients made from one share: connections, tokens, and the queues for their limits.
type core struct {
	tokens    []*token // the first for what writes
	base      map[Host]string
	version   Version
	bearer    map[Host]bool
	lanes     map[Host]*lanes
	transport http.RoundTripper // not an http.Client: the token must not travel along a redirect
	timeout   time.Duration
	maxAnswer int64
	userAgent string
	files     fileHost
}

// New checks the configuration and makes a client. Nothing is sent.
func New(c Config) (*Client, error) {
	switch {
	case c.Token == nil || slices.ContainsFunc(c.ReadTokens, func(t TokenSource) bool { return t == nil }):
		return nil, errors.New("dixaclient: no token")
	case c.Rate < 0 || c.Burst < 0 || c.AttemptTimeout < 0 || c.MaxAnswer < 0:
		return nil, errors.New("dixaclient: a rate, burst, time or size below zero")
	}
	k := &core{
		tokens:    newTokens(append([]TokenSource{c.Token}, c.ReadTokens...)),
		base:      map[Host]string{},
		bearer:    map[Host]bool{Exports: true},
		timeout:   cmp.Or(c.AttemptTimeout, DefaultAttemptTimeout),
		maxAnswer: cmp.Or(c.MaxAnswer, DefaultMaxAnswer),
		userAgent: cmp.Or(c.UserAgent, "dixa-mcp"),
	}
	if c.Buckets == nil {
		c.Buckets = func(s BucketSpec) Bucket { return NewLocalBucket(s.Rate, s.Burst) }
	}
	k.lanes = map[Host]*lanes{
		API:     newLanes(k.tokens, BucketSpec{Host: API, Rate: cmp.Or(c.Rate, DefaultRate), Burst: cmp.Or(c.Burst, DefaultBurst)}, c.Buckets),
		Exports: newLanes(k.tokens, BucketSpec{Host: Exports, Rate: exportsRate, Burst: exportsBurst}, c.Buckets),
	}
	for h, on := range c.Bearer {
		k.bearer[h] = on
	}
	var err error
	if k.version, err = checkVersion(c.Version); err != nil {
		return nil, fmt.Errorf("dixaclient: %w", err)
	}
	if k.base[API], err = checkBase(c.URL, DefaultURL); err != nil {
		return nil, err
	}
	if k.base[Exports], err = checkBase(c.ExportsURL, DefaultExportsURL); err != nil {
		return nil, err
	}
	if k.files, err = newFileHost(c.Files); err != nil {
		return nil, err
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = keptConnections, keptConnections
		t.IdleConnTimeout = 30 * time.Second // before a gateway in between drops them
		t.ReadBufferSize = 16 << 10          // a list of messages in two system calls instead of eight
		c.Transport = t
	}
	k.transport = c.Transport
	return &Client{core: k}, nil
}

// checkBase takes https anywhere, and http only to this machine. What may hold a secret is not repeated in the error.
func checkBase(text, standard string) (string, error) {
	u, err := url.Parse(cmp.Or(text, standard))
	switch {
	case err != nil || u.Hostname() == "":
		return "", fmt.Errorf("the address in place of %s is not a URL like it", standard)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", fmt.Errorf("the address in place of %s must not have a user, a query or a fragment", standard)
	case address.IsConfidential(u):
		base := strings.TrimRight(u.String(), "/")
		if strings.HasSuffix(base, "/beta") {
			return "", fmt.Errorf("address %q must not end with a version; choose it with the API version instead", text)
		}
		return strings.TrimRight(strings.TrimSuffix(base, "/v1"), "/"), nil
	case u.Scheme == "http":
		return "", fmt.Errorf("address %q would send the token unencrypted: use https:// (http:// is accepted for 127.0.0.1, ::1 and localhost)", text)
	}
	return "", fmt.Errorf("address %q must begin with https://", text)
}

// Version returns the version of the API that the client uses.
func (c *Client) Version() Version { return c.version }

// Close ends the idle connections.
func (c *Client) Close() {
	for _, t := range []http.RoundTripper{c.transport, c.files.transport} {
		if t, ok := t.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
}

// Call is one operation on its way: what wraps it may read and change In before it goes on, and read the
// rest after.
type Call struct {
	Op        *Spec
	In        any // a pointer to the request
	Out       any // a pointer to the answer's typed content, which Decode fills after next
	Raw       []byte
	Next      string
	Status    int    // of the last answer, 0 when there was none
	Attempts  int    // how often it was sent
	RequestID string // Dixa's name for the last request, where it gives one

	Waited    time.Duration // for Dixa's limit, all attempts together
	Upstream  time.Duration // for Dixa's answers, all attempts together
	Throttled int           // how often Dixa answered 429

	// Before is asked when the call has its slot under Dixa's limit, before each attempt; its error ends the call. nil: go.
	Before func() error

	// Row takes the rows of a stream, which has no Out and no Raw; nil for any other call. Its error ends the call.
	Row func(json.RawMessage) error

	version Version // of the API
	decoded bool    // Out is filled
}

// Request builds the request that the call stands for, without sending it. An [*InputError] says what does not fit.
func (c *Call) Request() (*Request, error) { return c.Op.RequestIn(c.version, c.In) }

// Around is middleware between a caller and Dixa: it may refuse (return an error without calling next), change the
// request, or judge the answer.
type Around func(ctx context.Context, c *Call, next func(context.Context) error) error

// With gives a client on the same connections and within the same limit, with more around each operation. The first
// is the outermost; what the client had already stays outside.
func (c *Client) With(around ...Around) *Client {
	return &Client{core: c.core, around: slices.Concat(c.around, around)}
}

func (c *Client) run(ctx context.Context, call *Call) error {
	return c.runWith(ctx, call, func(ctx context.Context) error { return c.exchange(ctx, call) })
}

// runWith carries a call out, with what is around the client's operations around it.
func (c *Client) runWith(ctx context.Context, call *Call, next func(context.Context) error) error {
	call.version = c.version
	for _, a := range slices.Backward(c.around) {
		inner := next
		next = func(ctx context.Context) error { return a(ctx, call, inner) }
	}
	return next(ctx)
}
