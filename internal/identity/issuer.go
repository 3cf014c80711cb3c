package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"
)

const (
	// readAgain is after how long keys are read again even if none is missing: the issuer may have withdrawn one.
	readAgain = 10 * time.Minute
	// oldest is for how long keys count while the issuer cannot be reached.
	oldest = 24 * time.Hour
	// leastRSA is the size of the smallest RSA key that is accepted, as RFC 7518 wants it.
	leastRSA = 2048 // bits
	// pause is between two attempts when the issuer cannot be reached.
	pause = 10 * time.Second
	// Tokens with a wrong signature have the keys read again, since they may be signed with a new one. Anybody can send
	// such tokens, so this is done five times, then once in ten seconds.
	missesEvery, missesAtOnce = 10 * time.Second, 5
)

var errSignature = errors.New("not signed with a key of the issuer")

// issuer knows an issuer's keys. One reading of them serves all who wait.
type issuer struct {
	address string
	a       *Authenticator
	misses  *rate.Limiter

	mu      sync.Mutex
	keys    *oidc.StaticKeySet // nil before the first reading
	read    time.Time          // when that was
	trouble error              // of the last attempt
	again   time.Time          // no attempt before
	reading chan struct{}      // closed at the end of the attempt that runs; nil when none does
}

// at returns the issuer with that address. There is one at a time, that of the rules in force.
func (a *Authenticator) at(address string) *issuer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.issuer == nil || a.issuer.address != address {
		a.issuer = &issuer{address: address, a: a, misses: rate.NewLimiter(rate.Every(missesEvery), missesAtOnce)}
	}
	return a.issuer
}

// verify returns what a token says if one of the issuer's keys signed it. The error is errSignature, or says that the
// token cannot be checked.
func (i *issuer) verify(ctx context.Context, token string) ([]byte, error) {
	keys, err := i.known(ctx)
	if err != nil {
		return nil, err
	}
	if said, err := keys.VerifySignature(ctx, token); err == nil {
		return said, nil
	}
	newer, err := i.newer(ctx, keys)
	if err != nil {
		return nil, err
	}
	if newer == keys {
		return nil, errSignature
	}
	said, err := newer.VerifySignature(ctx, token)
	if err != nil {
		return nil, errSignature
	}
	return said, nil
}

// known returns the keys read last. Old ones serve while they are read again.
func (i *issuer) known(ctx context.Context) (*oidc.StaticKeySet, error) {
	i.mu.Lock()
	now := i.a.o.Now()
	age := now.Sub(i.read)
	if i.keys != nil && age < oldest {
		defer i.mu.Unlock()
		if age >= readAgain && !now.Before(i.again) {
			i.start()
		}
		return i.keys, nil
	}
	return i.wait(ctx, now)
}

// newer returns keys that were read after those that do not fit a token, or the same if it is not yet time to ask
// again.
func (i *issuer) newer(ctx context.Context, than *oidc.StaticKeySet) (*oidc.StaticKeySet, error) {
	i.mu.Lock()
	now := i.a.o.Now()
	if i.keys != than || i.reading == nil && !i.misses.AllowN(now, 1) {
		defer i.mu.Unlock()
		return i.keys, nil
	}
	return i.wait(ctx, now)
}

// wait waits for an attempt, the running one or a new one. It is called with the lock and releases it.
func (i *issuer) wait(ctx context.Context, now time.Time) (*oidc.StaticKeySet, error) {
	if i.reading == nil && now.Before(i.again) {
		defer i.mu.Unlock()
		return nil, away(i.trouble, i.again.Sub(now))
	}
	i.start()
	reading := i.reading
	i.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, away(ctx.Err(), pause)
	case <-i.a.ctx.Done():
		return nil, away(errors.New("the server ends"), pause)
	case <-reading:
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.trouble != nil {
		return nil, away(i.trouble, pause)
	}
	return i.keys, nil
}

// start begins an attempt when none runs. It is called with the lock.
func (i *issuer) start() {
	if i.reading != nil {
		return
	}
	reading := make(chan struct{})
	i.reading = reading
	i.a.background(func(ctx context.Context) {
		keys, err := i.fetch(ctx)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.done(keys, err)
		i.reading = nil
		close(reading)
	})
}

// done notes how an attempt went. It is called with the lock.
func (i *issuer) done(keys *oidc.StaticKeySet, err error) {
	now := i.a.o.Now()
	switch {
	case err == nil && i.trouble != nil:
		i.a.o.Log.Info("the token issuer can be reached again", "issuer", i.address)
	case err != nil && i.trouble == nil && i.a.ctx.Err() == nil:
		i.a.o.Log.Warn("the token issuer's keys cannot be read: tokens signed with unknown keys are refused; agents' keys are not affected", "issuer", i.address, "error", err)
	}
	if i.trouble = err; err != nil {
		i.again = now.Add(pause)
		return
	}
	i.keys, i.read = keys, now
}

// fetch asks the issuer where its keys are, and for them.
func (i *issuer) fetch(ctx context.Context) (*oidc.StaticKeySet, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.a.client), i.address)
	if err != nil {
		return nil, fmt.Errorf("discovery at %s: %w", i.address, err)
	}
	var where struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&where); err != nil {
		return nil, fmt.Errorf("discovery at %s: %w", i.address, err)
	}
	if err := checkKeysAddress(where.Keys, i.address); err != nil {
		return nil, fmt.Errorf("discovery at %s: %w", i.address, err)
	}
	keys, err := i.fetchKeys(ctx, where.Keys)
	if err != nil {
		return nil, fmt.Errorf("the keys of %s: %w", i.address, err)
	}
	return keys, nil
}

func (i *issuer) fetchKeys(ctx context.Context, address string) (*oidc.StaticKeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Cache-Control", "no-cache")
	answer, err := i.a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return publicKeys(body)
}

// publicKeys returns the keys of a set that can verify signatures. It skips others: a set may hold keys for other uses.
func publicKeys(set []byte) (*oidc.StaticKeySet, error) {
	var all struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &all); err != nil {
		return nil, errors.New("the answer is no set of keys")
	}
	var keys oidc.StaticKeySet
	for _, raw := range all.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || key.Use == "enc" || !key.Valid() {
			continue
		}
		switch public := key.Key.(type) {
		case *rsa.PublicKey:
			if public.N.BitLen() < leastRSA {
				continue
			}
		case *ecdsa.PublicKey, ed25519.PublicKey:
		default: // a secret that both sides have, or a private key
			continue
		}
		keys.PublicKeys = append(keys.PublicKeys, key.Key)
	}
	if len(keys.PublicKeys) == 0 {
		return nil, errors.New("the set has no key that verifies signatures")
	}
	return &keys, nil
}
