package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/replicas"
)

// personSearch looks for a customer in all places where this program keeps something of customers.
type personSearch struct {
	flags                    *privacyFlags
	given                    archive.Person
	who                      archive.Person // with what the archive knows
	names                    []string
	conversations            map[int64]bool // of the customer
	archiveKept, recordsKept capability.Kept
	state, recordsDir        string
	localKey                 []byte
	hashKeys                 [][]byte // with which records hash addresses
	group                    *replicas.Group
	log                      *audit.Log
	call                     string // id of this run in the records
	places                   []*heldPlace
	closers                  []func() error
}

// heldPlace is a place that keeps something of customers.
type heldPlace struct {
	Place   string     `json:"place"`
	Where   string     `json:"where"`
	Holds   string     `json:"holds"`
	Kept    string     `json:"kept"`  // until when, if nobody erases it
	Stays   string     `json:"stays"` // what an erasure leaves
	Items   []heldItem `json:"items"`
	Erased  bool       `json:"erased,omitzero"`
	Problem string     `json:"problem,omitzero"`

	err    error
	forget func(context.Context) error // nil if nothing can be erased
}

// heldItem is one thing that is kept.
type heldItem struct {
	ID    string          `json:"id"`
	At    time.Time       `json:"at,omitzero"`
	What  string          `json:"what"`
	Until *time.Time      `json:"until,omitempty"` // when it is removed by itself, where that is known of each
	Text  string          `json:"text,omitzero"`   // untrusted text
	Data  json.RawMessage `json:"data,omitempty"`  // likewise
}

// look looks into all places. The archive comes first: it knows the conversations and addresses of the customer.
func (s *personSearch) look(ctx context.Context) {
	s.try(s.inArchive(ctx))
	s.try(s.inApprovals(ctx, approval.NewDir(filepath.Join(s.state, "approvals"), time.Now), filepath.Join(s.state, "approvals"), true))
	s.inShared(ctx)
	if s.group != nil {
		s.try(s.inApprovals(ctx, s.group.Approvals(), "Redis", false))
		s.try(s.inJournal(ctx, s.group.Journal(), "Redis"))
		s.try(s.inJobs(ctx, s.group.Jobs(), "Redis"))
		s.try(s.inEvents(ctx, s.group.Events(), "Redis"))
	}
	s.try(s.inEventFile(ctx))
	s.try(s.inRecords(ctx))
}

// try adds a place, with the error for which it could not be read.
func (s *personSearch) try(p *heldPlace, err error) {
	if err != nil {
		p.err, p.Problem = fmt.Errorf("the %s could not be read: %w", p.title(), err), err.Error()
	}
	if p.Items == nil {
		p.Items = []heldItem{}
	}
	s.places = append(s.places, p)
}

// erase erases in each place, also if another one fails.
func (s *personSearch) erase(ctx context.Context) {
	for _, p := range s.places {
		if p.err != nil || p.forget == nil {
			continue
		}
		if err := p.forget(ctx); err != nil {
			p.err, p.Problem = fmt.Errorf("the %s may still have some of it; run the command again: %w", p.title(), err), err.Error()
			continue
		}
		p.Erased = true
	}
}

// failed returns what failed.
func (s *personSearch) failed() error {
	var all []error
	for _, p := range s.places {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

// is reports whether a file exists.
func is(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
