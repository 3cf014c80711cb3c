package approval

import (
	"context"
	"time"
)

// Dir is a store in a directory, with one JSON file a request. One process at a time uses it, by a lock of the
// operating system that ends with the process.
type Dir struct {
	Shelves
	path string
	now  func() time.Time
	turn chan struct{} // holds one value while a goroutine of this process uses the directory
}

var _ Store = (*Dir)(nil)

// NewDir returns the store in the directory at path, which is made at its first use, for this user alone. now tells the
// time.
func NewDir(path string, now func() time.Time) *Dir {
	d := &Dir{path: path, now: now, turn: make(chan struct{}, 1)}
	d.Shelves = func(ctx context.Context, do func(Shelf) error) error {
		return d.within(ctx, func(f *folder) error { return do(f) })
	}
	return d
}
