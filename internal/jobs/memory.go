package jobs

import (
	"context"
	"time"

	"dixa-mcp/internal/base/shelf"
)

// memory is the shelf of one process.
type memory struct{ *shelf.Memory }

// NewMemory makes the shelf of one process, which forgets when that ends. now tells the time.
func NewMemory(now func() time.Time) Shelf {
	return memory{&shelf.Memory{Now: now, Most: MostOfAgent}}
}

// Swap implements [Shelf].
func (m memory) Swap(ctx context.Context, handle, old, new string) (bool, error) {
	return m.Memory.Swap(ctx, handle, old, new, time.Time{})
}

// List implements [Shelf].
func (m memory) List(ctx context.Context) (map[string]string, error) { return m.Memory.List(ctx, "") }

// Process implements [Shelf].
func (memory) Process(context.Context) (string, error) { return "", nil }

// Alive implements [Shelf].
func (memory) Alive(context.Context, string) (bool, error) { return true, nil }
