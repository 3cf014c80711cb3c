package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/freeze"
)

// admin stands for whoever froze an agent: the admin key belongs to no named person.
const admin = "admin"

// Freezer freezes and thaws agents for the holder of the admin key, and keeps a record of it.
type Freezer struct {
	Store  freeze.Store
	Audit  audit.Recorder
	Key    *Key
	Digest string // of the capability file in force
	Now    func() time.Time
}

// notRecordedError reports something that is done, but of which there is no record.
type notRecordedError struct{ err error }

// Error says so, with the reason.
func (e *notRecordedError) Error() string {
	return "it is done, but could not be recorded: " + e.err.Error()
}

// Unwrap returns the reason.
func (e *notRecordedError) Unwrap() error { return e.err }

// Undone says what an error of a [Freezer] means: that nothing was done, in the given words, or that it was not recorded.
func Undone(err error, otherwise string) string {
	if errors.As(err, new(*notRecordedError)) {
		return "it is done, but could not be recorded"
	}
	return otherwise
}

// Freeze stops an agent, or [freeze.Everyone]. A freeze that cannot be recorded holds all the same.
func (f *Freezer) Freeze(ctx context.Context, name, reason string) (freeze.Freeze, error) {
	mark := freeze.Freeze{By: admin, At: f.Now().UTC(), Reason: reason}
	if err := f.Store.Set(ctx, name, mark); err != nil {
		return freeze.Freeze{}, err
	}
	return mark, f.record(ctx, audit.EventFreeze, "froze", name)
}

// Thaw ends the freeze of an agent, or of all, and reports whether there was one.
func (f *Freezer) Thaw(ctx context.Context, name string) (was bool, err error) {
	if was, err = f.Store.Remove(ctx, name); err != nil || !was {
		return was, err
	}
	return true, f.record(ctx, audit.EventThaw, "thawed", name)
}

func (f *Freezer) record(ctx context.Context, event audit.Event, did, name string) error {
	record := audit.Record{Event: event, Key: f.Key.ID(), FileDigest: f.Digest, Text: fmt.Sprintf("%s %s %s", admin, did, freeze.Label(name))}
	if name != freeze.Everyone {
		record.Agent = name
	}
	if err := f.Audit.Write(context.WithoutCancel(ctx), record); err != nil {
		return &notRecordedError{err}
	}
	return nil
}
