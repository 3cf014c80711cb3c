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

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/replicas"
	"dixa-mcp/internal/replicas/redistest"
)

// BenchmarkReceive measures deliveries over HTTP until they are answered, with their events in the inbox: on the disk of the state directory,
// or in a Redis that writes each to its disk, or once a second. So many connections deliver at a time, from the same machine.
func BenchmarkReceive(b *testing.B) {
	for _, inbox := range []struct {
		name string
		open func(*testing.B) (Secrets, events.Store)
	}{
		{"directory", inDirectory},
		{"redis-always", func(b *testing.B) (Secrets, events.Store) { return inRedis(b, "always") }},
		{"redis-everysec", func(b *testing.B) (Secrets, events.Store) { return inRedis(b, "everysec") }},
	} {
		for _, connections := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/%d", inbox.name, connections), func(b *testing.B) {
				secrets, store := inbox.open(b)
				require.NoError(b, secrets.Write(b.Context(), []Subscription{{ID: subscription, API: api, Secret: []Key{{Value: secret}}, Token: []Key{{Value: hash(token)}}}}))
				server := httptest.NewServer(New(Config{Secrets: secrets, API: api, Put: store.Put}))
				defer server.Close()
				deliveries(b, server.URL, connections)
			})
		}
	}
}

func inDirectory(b *testing.B) (Secrets, events.Store) {
	dir := b.TempDir()
	store := sqlitestore.Open(dir, sqlitestore.Options{})
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	return In(dir), store
}

func inRedis(b *testing.B, fsync string) (Secrets, events.Store) {
	s := redistest.Start(b, "--appendonly", "yes", "--appendfsync", fsync, "--dir", b.TempDir())
	g, err := replicas.Connect(b.Context(), replicas.Options{URL: s.URL(), Replica: "bench"})
	require.NoError(b, err)
	b.Cleanup(g.Close)
	return NewShared(g.Webhooks(), g.Secret(), "Redis"), g.Events()
}

// deliveries delivers b.N events.
func deliveries(b *testing.B, url string, connections int) {
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
				r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
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
	b.ReportMetric(0, "ns/op")
}
