package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"dixa-mcp/internal/base/pause"
	"dixa-mcp/internal/base/stored"
	"dixa-mcp/internal/seal"
)

// Secrets has what proves the deliveries of subscriptions.
type Secrets interface {
	// Subscriptions returns those that there are.
	Subscriptions() ([]Subscription, error)
	// Write replaces them. When it returns without an error, every server that receives knows it.
	Write(context.Context, []Subscription) error
	// Place says where they are, for messages.
	Place() string
}

// Slot keeps one text for several servers.
type Slot interface {
	Get() (text string, err error) // "" for none
	Set(text string) error
	// Restore sets the text if there is none.
	Restore(text string) error
}

// heldFor is how long a server goes by what it read.
const heldFor = time.Second

// Shared is the secrets that several servers share, encrypted. It is safe for concurrent use.
type Shared struct {
	slot  Slot
	box   seal.Box
	place string
	held  time.Duration

	mu      sync.Mutex
	at      time.Time // when the text was read
	text    string
	all     []Subscription
	problem error // with the text
}

// NewShared returns the secrets in a slot, encrypted with a key that is derived from a secret of the servers.
func NewShared(slot Slot, secret []byte, place string) *Shared {
	return &Shared{slot: slot, box: seal.NewBox(secret, "webhooks"), place: place, held: heldFor}
}

// Subscriptions implements [Secrets]. What was lost where it is kept is put back there.
func (s *Shared) Subscriptions() ([]Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && time.Since(s.at) < s.held {
		return s.all, s.problem
	}
	text, err := s.slot.Get()
	if err == nil && text == "" && s.text != "" {
		if err = s.slot.Restore(s.text); err == nil {
			text, err = s.slot.Get()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the secrets of webhooks in %s cannot be read: %w", s.place, err)
	}
	if s.at = time.Now(); text == s.text {
		return s.all, s.problem
	}
	s.text, s.all, s.problem = text, nil, nil
	sealed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, nil
	}
	plain, err := s.box.Open(sealed, "")
	if err != nil { // the servers' secret has changed since: it is as if there were none
		return nil, nil
	}
	var c content
	if err := stored.Decode(plain, &c); err != nil {
		s.problem = fmt.Errorf("the secrets of webhooks in %s cannot be read: %w", s.place, err)
	}
	s.all = c.Subscriptions
	return s.all, s.problem
}

// Write implements [Secrets]. It waits until no server goes by what was there before.
func (s *Shared) Write(ctx context.Context, all []Subscription) error {
	plain, err := json.Marshal(content{all})
	if err != nil {
		return err
	}
	if err := s.slot.Set(base64.RawStdEncoding.EncodeToString(s.box.Close(plain, ""))); err != nil {
		return fmt.Errorf("the secrets of webhooks could not be written to %s: %w", s.place, err)
	}
	s.mu.Lock()
	s.at = time.Time{}
	s.mu.Unlock()
	if err := pause.For(ctx, s.held); err != nil {
		return fmt.Errorf("the secrets of webhooks were written to %s, but servers may go by those from before for %s: %w", s.place, s.held, err)
	}
	return nil
}

// Place implements [Secrets].
func (s *Shared) Place() string { return s.place }
