package events_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/events/sqlitestore"
)

// BenchmarkWait measures the time from when an event is stored until the last of a thousand who wait for it has it: stored by this
// process, and by another one.
func BenchmarkWait(b *testing.B) {
	for _, by := range []string{"this process", "another process"} {
		b.Run(by, func(b *testing.B) {
			dir := b.TempDir()
			in := events.NewInbox(sqlitestore.Open(dir, sqlitestore.Options{}))
			defer in.Close()
			var writer events.Store = in
			if by != "this process" {
				writer = sqlitestore.Open(dir, sqlitestore.Options{})
				defer writer.Close()
			}
			var all []time.Duration
			for n := range b.N {
				end, err := in.End(b.Context())
				require.NoError(b, err)
				var waiting, begun sync.WaitGroup
				for range 1000 {
					begun.Add(1)
					waiting.Go(func() {
						begun.Done()
						if _, err := in.Wait(b.Context(), end, about(n)); err != nil {
							b.Error(err)
						}
					})
				}
				begun.Wait()
				time.Sleep(100 * time.Millisecond) // so that they wait
				stored := time.Now()
				_, err = writer.Put(b.Context(), eventstest.Event(n))
				require.NoError(b, err)
				waiting.Wait()
				all = append(all, time.Since(stored))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}
