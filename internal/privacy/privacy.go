// Package privacy finds what this program itself keeps of a customer, in all places where it keeps something, and erases it.
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/replicas"
)

// Archive is an archive that may not be there.
type Archive interface {
	archive.Store
	Name() string // without a password
	Exists(ctx context.Context) (bool, error)
}

// Search looks for a customer in all places where this program keeps something of customers.
type Search struct {
	Person        archive.Person // who is meant; [Search.Find] adds what the archive knows
	Conversations map[int64]bool // of the customer; likewise
	Names         []string       // that the archive knows
	Places        []*Place       // that were looked into

	OpenArchive              func() (Archive, error)
	State, Records           string // directories
	ArchiveKept, RecordsKept capability.Kept
	Key                      []byte          // of the state directory
	HashKeys                 [][]byte        // with which records hash addresses
	Group                    *replicas.Group // nil where no Redis is shared
	Call                     string          // id of this run in the records, which are not found

	closers []func() error
}

// Add adds an id, e-mail address or phone number to the person who is meant. It is false for any other text.
func (s *Search) Add(text string) bool {
	text = strings.TrimSpace(text)
	name, domain, mail := strings.Cut(text, "@")
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()-./", r) {
			return -1
		}
		return r
	}, text)
	number := strings.TrimPrefix(digits, "+")
	switch {
	case uuid.Is(text):
		s.Person.Customers = append(s.Person.Customers, strings.ToLower(text))
	case mail && name != "" && domain != "" && !strings.ContainsAny(text, " \t\n<>,;"):
		s.Person.Addresses = append(s.Person.Addresses, text)
	case len(number) >= 5 && strings.Trim(number, "0123456789") == "":
		s.Person.Addresses = append(s.Person.Addresses, digits)
		if digits != text {
			s.Person.Addresses = append(s.Person.Addresses, text)
		}
	default:
		return false
	}
	return true
}

// Place is a place that keeps something of customers.
type Place struct {
	Place   string `json:"place"`
	Where   string `json:"where"`
	Holds   string `json:"holds"`
	Kept    string `json:"kept"`  // until when, unless it is erased
	Stays   string `json:"stays"` // what an erasure leaves
	Items   []Item `json:"items"`
	Erased  bool   `json:"erased,omitzero"`
	Problem string `json:"problem,omitzero"`

	err    error
	forget func(context.Context) error // nil if nothing can be erased
}

// Item is one thing that is kept.
type Item struct {
	ID    string          `json:"id"`
	At    time.Time       `json:"at,omitzero"`
	What  string          `json:"what"`
	Until *time.Time      `json:"until,omitempty"` // when it is removed by itself, where that is known of each
	Text  string          `json:"text,omitzero"`   // untrusted text
	Data  json.RawMessage `json:"data,omitempty"`  // likewise
}

// Find looks into all places. The archive comes first: it knows the conversations and addresses of the customer.
func (s *Search) Find(ctx context.Context) {
	s.add(s.inArchive(ctx))
	s.add(s.inApprovals(ctx, approval.NewDir(filepath.Join(s.State, "approvals"), time.Now), filepath.Join(s.State, "approvals"), true))
	s.inShared(ctx)
	if s.Group != nil {
		s.add(s.inApprovals(ctx, s.Group.Approvals(), "Redis", false))
		s.add(s.inJournal(ctx, s.Group.Journal(), "Redis"))
		s.add(s.inJobs(ctx, s.Group.Jobs(), "Redis"))
		s.add(s.inEvents(ctx, s.Group.Events(), "Redis"))
	}
	s.add(s.inEventFile(ctx))
	s.add(s.inRecords(ctx))
}

// add adds a place, with the error for which it could not be read.
func (s *Search) add(p *Place, err error) {
	if err != nil {
		p.err, p.Problem = fmt.Errorf("the %s could not be read: %w", p.Title(), err), err.Error()
	}
	if p.Items == nil {
		p.Items = []Item{}
	}
	s.Places = append(s.Places, p)
}

// Erase erases in each place, also if another one fails.
func (s *Search) Erase(ctx context.Context) {
	for _, p := range s.Places {
		if p.err != nil || p.forget == nil {
			continue
		}
		if err := p.forget(ctx); err != nil {
			p.err, p.Problem = fmt.Errorf("the %s may still have some of it; run the command again: %w", p.Title(), err), err.Error()
			continue
		}
		p.Erased = true
	}
}

// Failed returns what failed.
func (s *Search) Failed() error {
	var all []error
	for _, p := range s.Places {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

// Report is what is kept of a customer, as JSON.
type Report struct {
	Customers     []string `json:"customers"`
	Addresses     []string `json:"addresses"`
	Names         []string `json:"names"`
	Conversations []int64  `json:"conversations"`
	Places        []*Place `json:"places"`
}

// Report returns what is kept, for JSON.
func (s *Search) Report() Report {
	return Report{append([]string{}, s.Person.Customers...), append([]string{}, s.Person.Addresses...), append([]string{}, s.Names...),
		append([]int64{}, slices.Sorted(maps.Keys(s.Conversations))...), s.Places}
}

// Counts returns how much each place has.
func (s *Search) Counts() map[string]int {
	counts := map[string]int{}
	for _, p := range s.Places {
		counts[p.Place] += len(p.Items)
	}
	return counts
}

// Title returns the place with where it is.
func (p *Place) Title() string { return p.Place + " (" + p.Where + ")" }

// Erasable reports whether an erasure removes what the place has.
func (p *Place) Erasable() bool { return p.forget != nil }

// Close closes what the search opened.
func (s *Search) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	if s.Group != nil {
		s.Group.Close()
	}
	return errors.Join(errs...)
}
