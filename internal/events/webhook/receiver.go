package webhook

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

// Path is where the receiver is served.
const Path = "/webhooks/dixa"

// The limits of deliveries.
const (
	MaxBody   = 256 << 10      // bytes of one
	Tolerance = 24 * time.Hour // from when it was signed: how long Dixa tries again is not documented
	ahead     = 5 * time.Minute
	// mostBodies is how many bodies are in memory at a time. Further deliveries wait.
	mostBodies = 64
	// timeout is how long a delivery may take. Dixa's own limit is not documented.
	timeout = 10 * time.Second
)

// Headers of a delivery.
const (
	headerSubscription = "X-Dixa-Subscription-Id"
	headerSignature    = "X-Dixa-Signature"
)

// Outcome is what became of a delivery.
type Outcome string

// The outcomes. Those from Unsigned to Limited are refusals, which the sender cannot tell from each other, but for Limited.
const (
	Stored    Outcome = "stored"
	Duplicate Outcome = "duplicate" // it was stored before
	Unsigned  Outcome = "unsigned"  // the signature is missing, malformed or wrong
	Token     Outcome = "token"     // the bearer token is missing or wrong
	Old       Outcome = "old"       // it was signed more than a day ago, or its time lies ahead
	Oversized Outcome = "oversized"
	Unknown   Outcome = "unknown" // the subscription or the event is unknown
	Limited   Outcome = "limited" // its address was refused too often
	Failed    Outcome = "failed"  // it could not be read or stored
	Filled    Outcome = "filled"  // it was missed, and found in Dixa's log
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome {
	return []Outcome{Stored, Duplicate, Unsigned, Token, Old, Oversized, Unknown, Limited, Failed, Filled}
}

// Config is what a receiver needs.
type Config struct {
	Secrets Secrets
	API     string // address of the Dixa whose subscriptions are valid
	Put     func(context.Context, ...events.Event) (added int, err error)
	Count   func(Outcome) // nil: not counted
	Log     *slog.Logger  // nil: slog.Default()
	Now     func() time.Time
}

// Receiver is the handler of deliveries. It answers after their events are stored.
type Receiver struct {
	Config
	bodies  chan struct{}
	refused refusals
	logged  map[Outcome]*rate.Sometimes
}

// New returns a receiver.
func New(c Config) *Receiver {
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	r := &Receiver{Config: c, bodies: make(chan struct{}, mostBodies), logged: map[Outcome]*rate.Sometimes{}}
	for _, o := range Outcomes() {
		r.logged[o] = &rate.Sometimes{First: 1, Interval: time.Minute}
	}
	return r
}

// ServeHTTP takes one delivery.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	outcome, err := r.take(w, request)
	switch outcome {
	case Stored, Duplicate:
		w.WriteHeader(http.StatusOK)
	case Failed:
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Connection", "close") // what is left of the body is not read
		status := http.StatusForbidden
		if !r.refused.allow(request.RemoteAddr, r.Now()) {
			outcome, status = Limited, http.StatusTooManyRequests
		}
		w.WriteHeader(status)
	}
	if err != nil {
		r.logged[outcome].Do(func() {
			r.Log.Warn("a webhook was not accepted; this is logged once a minute", "reason", string(outcome), "error", err, "from", request.RemoteAddr)
		})
	}
	if r.Count != nil {
		r.Count(outcome)
	}
}

// Why a delivery is not accepted.
var (
	errMethod       = errors.New("it is not a POST")
	errSubscription = errors.New("the subscription is not one that was set up here")
	errToken        = errors.New("the bearer token is not that of the subscription")
	errOld          = errors.New("it was signed too long ago, or its time lies ahead")
	errSize         = errors.New("it is too large")
)

// take checks a delivery and stores its event: first what its headers say, then its body.
func (r *Receiver) take(w http.ResponseWriter, request *http.Request) (Outcome, error) {
	all, err := r.Secrets.Subscriptions()
	if err != nil {
		return Failed, err
	}
	now := r.Now()
	secrets, outcome, err := r.headers(request, all, now)
	if err != nil {
		return outcome, err
	}
	ctx, cancel := context.WithTimeout(request.Context(), timeout)
	defer cancel()
	select {
	case r.bodies <- struct{}{}:
		defer func() { <-r.bodies }()
	case <-ctx.Done():
		return Failed, ctx.Err()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return Oversized, errSize
	} else if err != nil {
		return Failed, err
	}
	signed := slices.ContainsFunc(secrets, func(secret string) bool {
		err = dixaclient.VerifyWebhook(secret, request.Header.Get(headerSignature), body, 0)
		return err == nil
	})
	if !signed {
		return Unsigned, err
	}
	event, err := events.Parse(body)
	if err != nil {
		return Unknown, err
	}
	added, err := r.Put(ctx, event)
	switch {
	case err != nil:
		return Failed, err
	case added == 0:
		return Duplicate, nil
	}
	return Stored, nil
}

// headers checks what is before the body, and returns the secrets with which the body may be signed.
func (r *Receiver) headers(request *http.Request, all []Subscription, now time.Time) (secrets []string, outcome Outcome, err error) {
	if request.Method != http.MethodPost {
		return nil, Unknown, errMethod
	}
	sent, err := dixaclient.WebhookTime(request.Header.Get(headerSignature))
	if err != nil {
		return nil, Unsigned, err
	}
	id := request.Header.Get(headerSubscription)
	i := slices.IndexFunc(all, func(s Subscription) bool { return strings.EqualFold(s.ID, id) && s.API == r.API })
	if i < 0 {
		return nil, Unknown, errSubscription
	}
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	digest, known := []byte(hash(token)), false
	for _, one := range valid(all[i].Token, now) {
		known = subtle.ConstantTimeCompare([]byte(one), digest) == 1 || known
	}
	if !known || !strings.EqualFold(scheme, "Bearer") {
		return nil, Token, errToken
	}
	if sent.Before(now.Add(-Tolerance)) || sent.After(now.Add(ahead)) {
		return nil, Old, errOld
	}
	if request.ContentLength > MaxBody {
		return nil, Oversized, errSize
	}
	if secrets = valid(all[i].Secret, now); len(secrets) == 0 {
		return nil, Unsigned, dixaclient.ErrWebhookSignature
	}
	return secrets, "", nil
}
