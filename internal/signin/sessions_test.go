package signin_test

import (
	"testing"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/signin/signintest"
)

func TestMemory(t *testing.T) {
	signintest.TestShelf(t, func(_ *testing.T, now func() time.Time) [2]shelf.Shelf {
		m := &shelf.Memory{Now: now, Most: signin.MostOfOwner}
		return [2]shelf.Shelf{m, m}
	})
}
