package replicas

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/jobs/jobstest"
	"dixa-mcp/internal/replicas/redistest"
)

func TestJobs(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	jobstest.TestShelf(t, func(t *testing.T, now func() time.Time) (both [2]jobstest.Process) {
		n++
		for i := range both {
			g, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: fmt.Sprint("jobs", n), Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			both[i] = jobstest.Process{Shelf: jobShelf{g.link, now}, Kill: g.Close}
		}
		return both
	})
}
