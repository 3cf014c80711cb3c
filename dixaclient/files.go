package dixaclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"syscall"
	"time"

	"dixa-mcp/internal/base/safetext"
)

// DefaultFilesURL is where Dixa keeps the files of messages. Every address in its documentation begins with it.
const DefaultFilesURL = "https://files.dixa.io"

// MaxFile is the maximum size of a file in bytes, after decompression.
const MaxFile = 5 << 20

// maxRedirects is how many redirects within Dixa's file host are followed.
const maxRedirects = 3

// FileHost is where the files of messages are fetched. The token is never sent there.
type FileHost struct {
	URL       string            // scheme and host, nothing else; by default [DefaultFilesURL]
	Transport http.RoundTripper // by default one that connects to public addresses only, or over HTTPS_PROXY
}

// AttachmentIn names a file of a message.
type AttachmentIn struct {
	ConversationRef
	MessageID UUID   `json:"messageId"`
	Number    string `json:"-"` // of the file, as in "#3/1"
	URL       string `json:"-"` // as it is in the message
}

// Parts returns the message, which must be one of the conversation.
func (in *AttachmentIn) Parts() []Part { return []Part{{MessagePart, string(in.MessageID)}} }

// File is a file as its host sent it.
type File struct {
	Host  string
	Type  string // that the host declares
	Bytes []byte
}

// readAttachment fetches a file of a message. Whoever may read the messages of a conversation may read their files. It is not
// one of Dixa's operations, takes nothing of Dixa's limit, and no tool carries it out alone.
var readAttachment = &Spec{Name: "read_attachment", Method: "GET", Level: Read, Scope: OneConversation, Idempotent: true, grantedBy: ListMessages.Spec,
	plan: func() *plan { return &plan{} }, in: reflect.TypeFor[AttachmentIn]()}

// ReadAttachment fetches a file of a message, with what is around the client's operations around it.
func (c *Client) ReadAttachment(ctx context.Context, in AttachmentIn) (File, error) {
	var f File
	call := &Call{Op: readAttachment, In: &in, Out: &f, decoded: true}
	err := c.runWith(ctx, call, func(ctx context.Context) error { return c.fetchFile(ctx, call, in.URL, &f) })
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// fileHost is a [FileHost] that was checked.
type fileHost struct {
	host      string
	transport http.RoundTripper
}

func newFileHost(h FileHost) (fileHost, error) {
	u, err := url.Parse(cmp.Or(h.URL, DefaultFilesURL))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return fileHost{}, fmt.Errorf("dixaclient: the address of files must be https:// and a host, such as %s", DefaultFilesURL)
	}
	if h.Transport == nil {
		h.Transport = newFileTransport()
	}
	return fileHost{strings.ToLower(u.Host), h.Transport}, nil
}

// check parses the address of a file. It must be one of the host's, to the letter: no user, no port, no other form of the name.
func (h fileHost) check(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("its address cannot be read")
	case u.Scheme != "https" || u.Opaque != "":
		return nil, errors.New("its address does not begin with https://")
	case u.User != nil || !strings.EqualFold(u.Host, h.host):
		return nil, fmt.Errorf("it is not at %s, and files are fetched only from there", h.host)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// fetchFile fetches a file, once.
func (c *Client) fetchFile(ctx context.Context, call *Call, address string, f *File) error {
	u, err := c.files.check(address)
	if err != nil {
		return &FileError{err.Error()}
	}
	if call.Before != nil {
		if err := call.Before(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errSlow)
	defer cancel()
	defer since(time.Now(), &call.Upstream)
	call.Attempts = 1
	fail := func(err error) error {
		return &Error{Op: call.Op, Status: call.Status, Attempts: 1, Effect: Unknown, Err: err}
	}
	for range maxRedirects + 1 {
		res, err := c.askFile(ctx, u)
		if err != nil {
			return fail(err)
		}
		call.Status = res.StatusCode
		if next := res.Header.Get("Location"); res.StatusCode/100 == 3 && next != "" {
			res.Body.Close()
			to, err := u.Parse(next)
			if err != nil {
				return fail(errors.New("the host redirects to an address that cannot be read"))
			}
			if u, err = c.files.check(to.String()); err != nil {
				return fail(fmt.Errorf("the host redirects elsewhere: %w", err))
			}
			continue
		}
		if err := f.receive(res); err != nil {
			return fail(err)
		}
		f.Host = c.files.host
		return nil
	}
	return fail(errors.New("the host redirects too often"))
}

// askFile sends one request. Nothing in it tells who asks: the address is all that is needed.
func (c *Client) askFile(ctx context.Context, u *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.userAgent)
	res, err := c.files.transport.RoundTrip(req)
	if err != nil && ctx.Err() != nil {
		return nil, ended(ctx)
	}
	return res, err
}

// receive reads a file up to its maximum size, whatever its length is said to be.
func (f *File) receive(res *http.Response) error {
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New("not with the file: it may be gone, or open only to people who are signed in to Dixa")
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" { // the transport undoes gzip
		return fmt.Errorf("the host sent it in the encoding %s, which is not read", safetext.Brief(encoding, briefType))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxFile+1))
	switch {
	case len(body) > MaxFile:
		return fmt.Errorf("%w (the limit is %d bytes)", errFileTooLarge, MaxFile)
	case err != nil:
		return fmt.Errorf("%w: %w", errFileCut, err)
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	f.Type, f.Bytes = safetext.Brief(kind, briefType), body
	return nil
}

var (
	errFileTooLarge = errors.New("the file is too large")
	errFileCut      = errors.New("the end of the file is missing")
)

// fileHint says what to do next. The token has no part in it, and only what can pass is worth another attempt.
func (e *Error) fileHint() string {
	if e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= 500 || errors.Is(e.Err, errFileCut) {
		return "Try again later."
	}
	return "Do not try again: a person can look for the file in Dixa."
}

// FileError says why a file is not fetched. Nothing was sent.
type FileError struct{ Problem string }

// Error says so.
func (e *FileError) Error() string { return "the file was not fetched: " + e.Problem }

// newFileTransport connects to public addresses only: what the host's name means is decided by a name server, which can be
// told to answer with an address inside the network. Where a proxy is configured, it is the proxy that connects.
func newFileTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.IdleConnTimeout = 1, 10*time.Second
	t.MaxResponseHeaderBytes = 64 << 10
	direct := t.Clone()
	direct.Proxy = nil
	direct.DialContext = (&net.Dialer{Timeout: 10 * time.Second, Control: publicOnly}).DialContext
	return fileTransport{direct: direct, proxied: t}
}

type fileTransport struct{ direct, proxied *http.Transport }

// RoundTrip sends a request.
func (t fileTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if proxy, err := http.ProxyFromEnvironment(r); err != nil {
		return nil, err
	} else if proxy != nil {
		return t.proxied.RoundTrip(r)
	}
	return t.direct.RoundTrip(r)
}

// CloseIdleConnections ends the idle connections.
func (t fileTransport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}

// publicOnly refuses a connection to an address that is not public. It is asked about the very address that is connected to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(to.Addr()) {
		return errors.New("its host has an address that is not public")
	}
	return nil
}

// global is the only block of IPv6 addresses that are given out. Outside it are, among others, those that a network translates to
// an IPv4 address, which could be any.
var global = netip.MustParsePrefix("2000::/3")

// special are blocks that netip has no question for: shared, benchmarks, reserved, documentation, and tunnels to an IPv4 address.
var special = func() (blocks []netip.Prefix) {
	for _, b := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"192.88.99.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"} {
		blocks = append(blocks, netip.MustParsePrefix(b))
	}
	return blocks
}()

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, b := range special {
		if b.Contains(a) {
			return false
		}
	}
	return true
}
