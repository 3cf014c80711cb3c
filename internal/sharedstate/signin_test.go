package sharedstate

import (
	"testing"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/signin/signintest"
)

func TestSignIns(t *testing.T) {
	signintest.TestShelf(t, func(t *testing.T, now func() time.Time) (both [2]shelf.Shelf) {
		for i, s := range processes(t, 2) {
			both[i] = s.SignIns(now)
		}
		return both
	})
}
