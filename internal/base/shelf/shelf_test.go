package shelf_test

import (
	"testing"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/base/shelf/shelftest"
)

func TestMemory(t *testing.T) {
	shelftest.Test(t, 5, func(_ *testing.T, now func() time.Time) [2]shelf.Shelf {
		m := &shelf.Memory{Now: now, Most: 5}
		return [2]shelf.Shelf{m, m}
	})
}
