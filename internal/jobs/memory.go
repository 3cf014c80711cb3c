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

// Process implements [Shelf].
func (memory) Process(context.Context) (string, error) { return "", nil }

// Alive implements [Shelf].
func (memory) Alive(context.Context, string) (bool, error) { return true, nil }
