// Package webhook receives Dixa's webhooks into an inbox of events, and keeps the subscription to them.
package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/base/stored"
)

// FileName is the name of the file in the state directory that has the secrets of the subscriptions.
const FileName = "webhooks.json"

// Subscription is a subscription of Dixa's that sends to this server, with what proves its deliveries.
type Subscription struct {
	ID     string `json:"id"`
	API    string `json:"api"` // address of the Dixa that has it
	URL    string `json:"url"` // to which it sends
	Secret []Key  `json:"secrets"`
	Token  []Key  `json:"tokens"` // SHA-256 in hexadecimal digits: the token itself is at Dixa alone
	// Channels and Queues are those of the last set-up that named some.
	Channels []string `json:"channels,omitempty"`
	Queues   []string `json:"queues,omitempty"`
}

// Key is a secret that is valid now, or was until recently.
type Key struct {
	Value string    `json:"value"`
	Until time.Time `json:"until,omitzero"` // zero: for as long as the subscription has it
}

// valid returns the values that are valid at a time.
func valid(keys []Key, now time.Time) (values []string) {
	for _, k := range keys {
		if k.Until.IsZero() || now.Before(k.Until) {
			values = append(values, k.Value)
		}
	}
	return values
}

// replace makes a value the one that is valid. Those before stay valid until a time, for deliveries that are on their way, and what
// is no longer valid is dropped.
func replace(keys []Key, value string, now, until time.Time) []Key {
	all := []Key{{Value: value}}
	for _, k := range keys {
		if k.Until.IsZero() {
			k.Until = until
		}
		if k.Value != value && now.Before(k.Until) {
			all = append(all, k)
		}
	}
	return all
}

// hash returns the form in which a token is stored.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// content is that of the file.
type content struct {
	Subscriptions []Subscription `json:"subscriptions"`
}

// File is the file with the secrets in a state directory. It is safe for concurrent use.
type File struct {
	path string

	mu      sync.Mutex
	read    fs.FileInfo // of the file that was read; nil if there was none
	problem error       // with the file that was read
	held    []Subscription
}

// Place implements [Secrets].
func (f *File) Place() string { return f.path }

// In returns the file of a state directory.
func In(dir string) *File { return &File{path: filepath.Join(dir, FileName)} }

// Subscriptions returns those in the file, none if there is no file. The file is read when it has changed.
func (f *File) Subscriptions() ([]Subscription, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.read, f.held, f.problem = nil, nil, nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// A file is replaced and never changed, so that another one is another file.
	if f.read != nil && os.SameFile(f.read, info) && f.read.ModTime().Equal(info.ModTime()) && f.read.Size() == info.Size() {
		return f.held, f.problem
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	var c content
	f.problem = stored.Decode(text, &c)
	if f.problem != nil {
		f.problem = fmt.Errorf("the secrets of webhooks in %s cannot be read: %w", f.path, f.problem)
	}
	f.read, f.held = info, c.Subscriptions
	return f.held, f.problem
}

// Write replaces the file, for its owner alone; without subscriptions it is removed.
func (f *File) Write(_ context.Context, all []Subscription) error {
	if len(all) == 0 {
		if err := os.Remove(f.path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(content{all}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(f.path, append(text, '\n'))
}

// with returns the subscriptions with one that is added, or replaced.
func with(all []Subscription, one Subscription) []Subscription {
	all = slices.Clone(all)
	if i := slices.IndexFunc(all, func(s Subscription) bool { return s.ID == one.ID }); i >= 0 {
		all[i] = one
		return all
	}
	return append(all, one)
}
