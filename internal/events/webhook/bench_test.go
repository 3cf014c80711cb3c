package webhook

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events/sqlitestore"
)

// BenchmarkReceive measures deliveries over HTTP until they are answered, with their events on the disk: by so many connections at a
// time, with the sender on the same machine.
func BenchmarkReceive(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			dir := b.TempDir()
			secrets := In(dir)
			require.NoError(b, secrets.Write([]Subscription{{ID: subscription, API: api, Secret: []Key{{Value: secret}}, Token: []Key{{Value: hash(token)}}}}))
			store := sqlitestore.Open(dir, sqlitestore.Options{})
			defer store.Close()
			server := httptest.NewServer(New(Config{Secrets: secrets, API: api, Put: store.Put}))
			defer server.Close()
			var next atomic.Int64
			times := make([][]time.Duration, connections)
			b.ResetTimer()
			begun := time.Now()
			var sending sync.WaitGroup
			for i := range times {
				sending.Go(func() {
					client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
					defer client.CloseIdleConnections()
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						body := payload(int(n))
						r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
						if err != nil {
							b.Error(err)
							return
						}
						r.Header.Set("X-DIXA-SUBSCRIPTION-ID", subscription)
						r.Header.Set("X-DIXA-SIGNATURE", signature(secret, time.Now(), body))
						r.Header.Set("Authorization", "Bearer "+token)
						sent := time.Now()
						res, err := client.Do(r)
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, res.Body)
						_ = res.Body.Close()
						times[i] = append(times[i], time.Since(sent))
						if res.StatusCode != http.StatusOK {
							b.Error(res.Status)
							return
						}
					}
				})
			}
			sending.Wait()
			took := time.Since(begun)
			b.StopTimer()
			all := slices.Concat(times...)
			slices.Sort(all)
			b.ReportMetric(float64(b.N)/took.Seconds(), "events/s")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}
