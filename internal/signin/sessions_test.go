package signin_test

import (
	"testing"
	"time"

	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/signin/signintest"
)

func TestMemory(t *testing.T) {
	signintest.TestShelf(t, func(_ *testing.T, now func() time.Time) [2]signin.Shelf {
		m := signin.NewMemory(now)
		return [2]signin.Shelf{m, m}
	})
}
