// Package outbox sends the deliveries of webhooks, signed as Dixa signs them, to this machine and nowhere else.
package outbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"

	"dixa-mcp/internal/base/address"
)

const (
	// timeout is how long a receiver has to answer.
	timeout = 10 * time.Second
	// mostQueued is how many parcels may wait to be sent.
	mostQueued = 256
)

// Parcel is a delivery on its way to the address of a subscription.
type Parcel struct {
	Subscription, URL, Secret string
	Headers                   map[string]string
	Payload                   string
	At                        time.Time    // of the event, for the signature
	Done                      func(Result) // called once, when it was sent or given up
}

// Result is what became of a parcel.
type Result struct {
	OK   bool
	Code int32 // of the receiver's answer, 0 without one
	Text string
}

// IsLocal reports whether a URL is on this machine.
func IsLocal(text string) bool {
	u, err := url.Parse(text)
	return err == nil && address.IsLoopback(u.Hostname())
}

// Outbox sends parcels, one after the other, between Start and its stop.
type Outbox struct {
	mu    sync.Mutex
	queue chan Parcel // nil while nothing is sent
}

// Put hands a parcel over; false when nothing is sent, or too much waits.
func (o *Outbox) Put(p Parcel) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.queue <- p: // never on a nil channel
		return true
	default:
		return false
	}
}

// Start begins to send parcels. The function ends that, and waits for what is being sent to be given up.
func (o *Outbox) Start() (stop func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queue != nil { // somebody else started it
		return func() {}
	}
	queue := make(chan Parcel, mostQueued)
	ctx, cancel := context.WithCancel(context.Background())
	o.queue = queue
	done := make(chan struct{})
	go func() {
		defer close(done)
		client := localClient()
		defer client.CloseIdleConnections()
		for {
			select {
			case <-ctx.Done():
				return
			case p := <-queue:
				p.Done(send(ctx, client, p))
			}
		}
	}()
	return func() {
		o.mu.Lock()
		o.queue = nil
		o.mu.Unlock()
		cancel()
		<-done
		for {
			select {
			case p := <-queue:
				p.Done(Result{Text: "Not sent: the server ended"})
			default:
				return
			}
		}
	}
}

// localClient connects to this machine and nowhere else: neither a name that resolves to another one, nor a redirect, nor a proxy leads
// away from it.
func localClient() *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, to string, _ syscall.RawConn) error {
		if !address.IsLoopback(address.Host(to)) {
			return fmt.Errorf("%s is not on this machine", to)
		}
		return nil
	}}
	return &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{DialContext: dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one delivery, signed as Dixa signs it.
func send(ctx context.Context, client *http.Client, p Parcel) Result {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader([]byte(p.Payload)))
	if err != nil {
		return Result{Text: err.Error()}
	}
	for name, value := range p.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", p.Subscription)
	r.Header.Set("X-DIXA-SIGNATURE", signed(p.Secret, p.Payload, p.At))
	res, err := client.Do(r)
	if err != nil {
		return Result{Text: "Unreachable"}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // what it says is not kept
	return Result{OK: res.StatusCode >= 200 && res.StatusCode < 300, Code: int32(res.StatusCode), Text: http.StatusText(res.StatusCode)}
}

// signed returns the header that proves where a delivery comes from: the time in milliseconds, and an HMAC of it and the payload with the
// decoded secret key.
func signed(secret, payload string, at time.Time) string {
	key, err := hex.DecodeString(secret)
	if err != nil {
		key = []byte(secret) // cannot be: the keys are made here
	}
	t := fmt.Sprint(at.UnixMilli())
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(t + "." + payload))
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
