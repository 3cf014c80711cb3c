package approval

import (
	"context"
	"time"
)

// Dir is a store in a folder: one JSON file a request, written whole and renamed. One process at a time is in it, by a
// lock of the operating system, which ends with the process, however that ends.
type Dir struct {
	Shelves
	path string
	now  func() time.Time
	turn chan struct{} // holds one value while a goroutine of this process uses the directory
}

var _ Store = (*Dir)(nil)

// NewDir is the store in the folder at path, which is made when it is first used, for this user alone. now tells the
// time.
func NewDir(path string, now func() time.Time) *Dir {
	d := &Dir{path: path, now: now, turn: make(chan struct{}, 1)}
	d.Shelves = func(ctx context.Context, do func(Shelf) error) error {
		return d.within(ctx, func(f *folder) error { return do(f) })
	}
	return d
}
