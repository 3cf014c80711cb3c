package jobs_test

import (
	"testing"
	"time"

	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/jobs/jobstest"
)

func TestMemory(t *testing.T) {
	jobstest.TestShelf(t, func(_ *testing.T, now func() time.Time) [2]jobstest.Process {
		m := jobs.NewMemory(now)
		return [2]jobstest.Process{{Shelf: m}, {Shelf: m}}
	})
}
