package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/replicas"
	"dixa-mcp/internal/seal"
	"dixa-mcp/internal/sharedstate"
)

// system holds everything behind the protocol.
type system struct {
	gate      *gate.Gate
	rules     *capability.Rules // those at the start
	where     string
	token     tokens
	log       *audit.Log
	recordKey []byte // hashes addresses in records
	client    *dixaclient.Client
	group     *replicas.Group    // nil if no Redis is shared
	shared    *sharedstate.Store // with the other processes of this machine; nil for the offline Dixa
	approvals approval.Store
	freezes   freeze.Store
	keeper    *archive.Keeper // of the archive; nil if none is kept fresh
	inbox     *events.Inbox   // nil if there is none
	close     []func()
}

// Close stops what was started, the last first.
func (s *system) Close() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

// assemble builds the system. It reports every problem with the file, the token, the directories or Redis before anything
// is served. replica names this server among those that share a Redis. observer is told of each call.
func (f *dixaFlags) assemble(ctx context.Context, replica string, observer func(*system) (gate.Observer, error)) (_ *system, err error) {
	s := &system{}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.token, err = f.tokens(); err != nil {
		return nil, err
	}
	c, err := f.rules(s)
	if err != nil {
		return nil, err
	}
	if err := f.stores(ctx, s, &c, replica); err != nil {
		return nil, err
	}
	if err := f.records(s, &c); err != nil {
		return nil, err
	}
	if s.group == nil && s.shared != nil {
		c.Journal = s.shared.Journal(c.RecordKey, time.Now)
		c.Jobs = s.shared.Jobs(c.RecordKey, time.Now)
	}
	if observer != nil {
		if c.Observer, err = observer(s); err != nil {
			return nil, err
		}
	}
	if err := f.archive(ctx, s, &c); err != nil {
		return nil, err
	}
	if err := f.inbox(s, &c); err != nil {
		return nil, err
	}
	c.Client, c.Approvals, c.Frozen = s.client, s.approvals, s.freezes.Frozen
	s.gate = gate.New(c)
	if s.keeper != nil {
		s.close = append(s.close, s.keeper.Start())
	}
	if s.inbox != nil {
		s.close = append(s.close, events.Heed(s.inbox, s.heed, func(err error) { slog.Error("the inbox of events cannot be read", "error", err) }))
	}
	return s, nil
}

// heed takes account of an event in all that is remembered of Dixa.
func (s *system) heed(ctx context.Context, e events.Event) {
	s.gate.Heed(ctx, e)
	if s.keeper != nil && e.Conversation != 0 && e.Type != "TypingStarted" {
		s.keeper.Changed(e.Conversation)
	}
}

// rules reads the capability file. If the stored token is used, the file must be trusted, now and when it changes.
func (f *dixaFlags) rules(s *system) (c gate.Config, err error) {
	if f.Timeout <= 0 {
		return c, usagef("--timeout must be greater than 0, not %s", f.Timeout)
	}
	if s.token.stored != "" {
		f.trust = s.token.stored.Check
	}
	s.rules, s.where, err = f.loadFor(f.APIVersion)
	return gate.Config{Rules: s.rules, Timeout: f.Timeout, JSON: f.inJSON}, err
}

// explainer builds a system that explains calls. Without a token it works as long as the capability file alone decides the call;
// needed returns an error if it did not. records opens the records too.
func (f *dixaFlags) explainer(ctx context.Context, records bool) (s *system, needed func() error, err error) {
	s = &system{}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	var asked atomic.Bool
	if s.token, err = f.tokens(); errors.Is(err, errNoToken) {
		s.token = tokens{sources: []dixaclient.TokenSource{func() (string, error) { asked.Store(true); return "", errNoToken }}}
	} else if err != nil {
		return nil, nil, err
	}
	c, err := f.rules(s)
	if err != nil {
		return nil, nil, err
	}
	if err := f.stores(ctx, s, &c, ""); err != nil {
		return nil, nil, err
	}
	if records {
		if err := f.records(s, &c); err != nil {
			return nil, nil, err
		}
	}
	c.Client, c.Approvals, c.Frozen = s.client, s.approvals, s.freezes.Frozen
	s.gate = gate.New(c)
	return s, func() error {
		if asked.Swap(false) {
			return fmt.Errorf("this call cannot be decided by the capability file alone: it needs a look-up in Dixa, and there is %w", errNoToken)
		}
		return nil
	}, nil
}

// stores opens the client of Dixa, the stores of approvals and freezes, and what is shared with other servers.
func (f dixaFlags) stores(ctx context.Context, s *system, c *gate.Config, replica string) (err error) {
	config, err := f.config(s, s.token)
	if err != nil {
		return err
	}
	if s.group, err = f.connect(ctx, replica); err != nil {
		return err
	}
	if g := s.group; g != nil {
		s.close = append(s.close, g.Close)
		config.Buckets = g.Bucket
		s.approvals, s.freezes = g.Approvals(), g.Freezes()
		c.Budgets, c.Once, c.Journal, c.Jobs, c.Secret = g.Budgets(), g.Once(), g.Journal(), g.Jobs(), g.Secret()
		c.RecordKey = seal.Derive(c.Secret, "records")
	} else {
		if s.shared != nil {
			c.Budgets, c.Once = s.shared.Budgets(), s.shared
		}
		if s.approvals, _, err = f.reachFlags.approvals(); err != nil {
			return err
		}
		if s.freezes, err = f.frozenDir(); err != nil {
			return err
		}
	}
	s.approvals = approval.Watch(s.approvals)
	if s.client, err = dixaclient.New(config); err != nil {
		return err
	}
	s.close = append(s.close, s.client.Close)
	erasing, err := f.erasing(func(err error) { slog.Error("the archive could not be changed", "error", err) })
	if err != nil {
		return err
	}
	s.client = s.client.With(erasing)
	return nil
}

// records opens the records of calls.
func (f dixaFlags) records(s *system, c *gate.Config) error {
	dir, err := f.auditDir()
	if err == nil {
		s.log, err = audit.Open(audit.Options{Dir: dir, Sync: f.AuditSync, Start: audit.Record{FileDigest: s.rules.Digest()}, OnError: badRecords})
	}
	if err != nil {
		return fmt.Errorf("the directory of records cannot be used, so nothing was started; check --audit: %w", err)
	}
	fold := audit.NewFold(s.log, func(err error) { slog.Error("the number of repeated refusals could not be recorded", "error", err) })
	s.close = append(s.close, func() {
		if err := errors.Join(fold.Close(), s.log.Close()); err != nil {
			slog.Error("the records of calls could not be closed", "error", err)
		}
	})
	if f.AuditAnchor != "" {
		stop, err := keepAnchor(s.log, f.AuditAnchor)
		if err != nil {
			return err
		}
		s.close = append(s.close, stop)
	}
	c.Audit = fold
	if c.RecordKey == nil { // otherwise all servers share one key, so that an address has the same hash everywhere
		c.RecordKey, err = f.recordKey()
	}
	s.recordKey = c.RecordKey
	return err
}

// badRecords tells the operator of a file of records that was taken away, replaced or could not be written, also where no record was lost.
func badRecords(err error) { slog.Error("there is a problem with the records of calls", "error", err) }

// inForce returns the rules that are in force.
func (s *system) inForce() *capability.Rules {
	if s.gate == nil {
		return s.rules
	}
	return s.gate.Rules()
}
