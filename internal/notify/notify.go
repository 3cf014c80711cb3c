// Package notify tells people, at a webhook, that calls wait for their approval.
//
// It looks into the store of approvals every few seconds, so that no call waits for a webhook and none is forgotten in a restart.
// The store gives each notification to one process.
package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/capability"
)

const (
	every       = 10 * time.Second // the store is looked into
	timeout     = 10 * time.Second // of one request
	attempts    = 3
	mostAtOnce  = 20 // notifications in one look; the store keeps the others
	maxResponse = 64 << 10
)

// Pauses before the second and the third attempt.
var pauses = []time.Duration{2 * time.Second, 10 * time.Second}

// The headers of a notification. The signature is "v1=" and the HMAC-SHA256, in hex digits, of the timestamp, a period and the body.
const (
	TimestampHeader = "X-Dixa-Mcp-Timestamp" // seconds since 1970
	SignatureHeader = "X-Dixa-Mcp-Signature"
)

// Form is how a notification is written.
type Form string

// The forms of notifications.
const (
	JSON  Form = "json"
	Slack Form = "slack" // for Slack's incoming webhooks, and what understands them
)

// Config is what a notifier needs.
type Config struct {
	URL     string // of the webhook
	Form    Form
	Secret  []byte // signs; nil: notifications are not signed
	Text    bool   // what would be done and the text that would be sent are told, too
	Console string // address of the console, "" for none
	Store   approval.Store
	Rules   func() *capability.Rules
	Log     *slog.Logger
	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error // nil: by the system's clock
	HTTP    *http.Client                               // nil: one that reaches the public internet alone
}

// Notifier notifies people.
type Notifier struct{ Config }

// New returns a notifier for a webhook. The error says what is wrong with its address.
func New(c Config) (*Notifier, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New("the address of the webhook must be https:// with a host, and without user and fragment")
	case u.Port() != "" && u.Port() != "443" && c.HTTP == nil:
		return nil, errors.New("the webhook must be at port 443")
	case c.Form != JSON && c.Form != Slack:
		return nil, fmt.Errorf("the form of notifications must be %s or %s, not %.20q", JSON, Slack, c.Form)
	}
	if c.HTTP == nil {
		c.HTTP = publicClient()
	}
	if c.Sleep == nil {
		c.Sleep = pause.For
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	return &Notifier{c}, nil
}

// publicClient reaches addresses of the public internet alone, directly, and follows no redirects.
func publicClient() *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: address.PublicOnly}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConns: 1, IdleConnTimeout: time.Minute,
		},
	}
}

// Run notifies until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	defer n.HTTP.CloseIdleConnections()
	for {
		if err := n.Look(ctx); err != nil && ctx.Err() == nil {
			n.Log.Error("people could not be notified of calls that wait for approval", "error", err)
		}
		if n.Sleep(ctx, every) != nil {
			return
		}
	}
}

// Look notifies people of what waits and of what escalated, as far as no other process has.
func (n *Notifier) Look(ctx context.Context) error {
	list, problem := n.Store.List(ctx, approval.Pending)
	sent := 0
	for _, r := range list {
		if r.Draft != "" { // no agent waits for it
			continue
		}
		for _, escalated := range []bool{false, true} {
			if ctx.Err() != nil || sent == mostAtOnce {
				return problem
			}
			due := r.Told.IsZero()
			if escalated {
				due = r.ToldAgain.IsZero() && !r.Escalates.IsZero() && !n.Now().Before(r.Escalates)
			}
			if !due {
				continue
			}
			claimed, err := n.Store.Claim(ctx, r.Number, escalated)
			if err != nil && !errors.Is(err, approval.ErrNotFound) {
				problem = errors.Join(problem, err)
			}
			if !claimed {
				continue
			}
			sent++
			if err := n.tell(ctx, r, escalated); err != nil {
				n.Log.Error("people were not notified of a call that waits for approval", "approval", r.Number, "error", err)
			}
		}
	}
	return problem
}

// tell sends one notification, with a few attempts.
func (n *Notifier) tell(ctx context.Context, r approval.Request, escalated bool) error {
	body, err := n.body(r, escalated)
	if err != nil {
		return err
	}
	for attempt := range attempts {
		if attempt > 0 {
			if e := n.Sleep(ctx, pauses[attempt-1]); e != nil {
				return err
			}
		}
		var again bool
		if again, err = n.post(ctx, body); err == nil || !again {
			return err
		}
	}
	return fmt.Errorf("%w, after %d attempts", err, attempts)
}

// post sends a body. again reports whether another attempt can help. No error holds the address, which can be a secret.
func (n *Notifier) post(ctx context.Context, body []byte) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the address of the webhook is not valid")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "dixa-mcp")
	if n.Secret != nil {
		at := strconv.FormatInt(n.Now().Unix(), 10)
		request.Header.Set(TimestampHeader, at)
		request.Header.Set(SignatureHeader, "v1="+Sign(n.Secret, at, body))
	}
	answer, err := n.HTTP.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return !errors.Is(err, address.ErrNotPublic), fmt.Errorf("the webhook could not be reached: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxResponse)) // so that the connection can be used again
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return false, nil
	}
	return answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500, fmt.Errorf("the webhook answered with status %d", answer.StatusCode)
}

// Sign returns the signature of a body at a time, as seconds since 1970.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
