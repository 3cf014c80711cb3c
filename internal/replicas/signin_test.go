package replicas

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/signin/signintest"
)

func TestSignIns(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	signintest.TestShelf(t, func(t *testing.T, now func() time.Time) (both [2]shelf.Shelf) {
		n++
		for i := range both {
			g, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: fmt.Sprint("signin", n), Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			both[i] = signIns{g.link, now}
		}
		return both
	})
}
