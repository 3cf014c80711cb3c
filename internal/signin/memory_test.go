package signin

import (
	"context"
	"time"

	"dixa-mcp/internal/base/shelf"
)

// memory is the shelf of one process.
type memory struct{ *shelf.Memory }

// NewMemory makes a shelf that forgets when the test ends. now tells the time.
func NewMemory(now func() time.Time) Shelf { return memory{&shelf.Memory{Now: now, Most: MostOfOwner}} }

// List implements [Shelf].
func (m memory) List(ctx context.Context, kind string) (map[string]string, error) {
	return m.Memory.List(ctx, prefixOf(kind))
}
