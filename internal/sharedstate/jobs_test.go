package sharedstate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/jobs/jobstest"
)

func TestJobs(t *testing.T) {
	jobstest.TestShelf(t, func(t *testing.T, now func() time.Time) (both [2]jobstest.Process) {
		for i, s := range processes(t, 2) {
			both[i] = jobstest.Process{Shelf: s.jobShelf(now), Kill: func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.run.release() // as the operating system does it
				s.run = nil
				require.NoError(t, s.file.Close())
			}}
		}
		return both
	})
}
