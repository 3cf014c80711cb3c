package bench

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/replicas/redistest"
)

const (
	busyAgents = 24
	warmUp     = 5 * time.Second
)

// duration reads how long something takes from the environment.
func duration(tb testing.TB, name, standard string) time.Duration {
	d, err := time.ParseDuration(cmp.Or(os.Getenv(name), standard))
	require.NoError(tb, err)
	return d
}

// BenchmarkReplicas lets 24 agents ask as fast as they can for a minute, or for BENCH_REPLICAS_FOR, through a plain balancer
// before servers that share one token's limit. used is the share of the requests that Dixa allows; least and most are the
// agents' shares of them, compared with an equal one.
func BenchmarkReplicas(b *testing.B) {
	long := duration(b, "BENCH_REPLICAS_FOR", "60s")
	for _, n := range []int{1, 3} {
		b.Run(fmt.Sprintf("replicas=%d", n), func(b *testing.B) {
			for b.Loop() {
				dixa := offline.New(offline.Options{Rate: 10, Burst: 4})
				s := replicas(b, dixa, n, crowd(busyAgents, reader))
				served, answered := s.hurry(b, long)
				refused := 0
				for _, r := range dixa.Requests() {
					if r.Status == http.StatusTooManyRequests {
						refused++
					}
				}
				equal := float64(answered) / busyAgents
				b.ReportMetric(float64(refused), "429s")
				b.ReportMetric(100*float64(answered)/(10*long.Seconds()), "used-%")
				b.ReportMetric(100*float64(slices.Min(served))/equal, "least-%")
				b.ReportMetric(100*float64(slices.Max(served))/equal, "most-%")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// site is several servers behind a balancer.
type site struct {
	*balancer
	agents
	redis *redistest.Server
	dixa  *offline.Dixa
}

// replicas starts servers that share a Redis, before an offline Dixa in this process.
func replicas(tb testing.TB, dixa *offline.Dixa, n int, a agents, args ...string) *site {
	url, stop, err := dixa.Listen("127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, stop()) })
	s := &site{dixa: dixa, agents: a, redis: redistest.Start(tb)}
	servers := make([]*hosted, n)
	for i := range servers {
		servers[i] = host(tb, url, a, append([]string{"--redis", s.redis.URL()}, args...)...)
	}
	s.balancer = balance(tb, servers)
	return s
}

// client is a client of one of the agents.
func (s *site) client(agent int) *client { return newClient(s.URL+"/mcp", s.keys[agent]) }

// hurry lets every agent ask as fast as it can, and counts after a while for so long.
func (s *site) hurry(tb testing.TB, long time.Duration) (served []int, answered int) {
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	served = make([]int, len(s.keys))
	begin := time.Now().Add(warmUp)
	end := begin.Add(long)
	var all sync.WaitGroup
	for i := range s.keys {
		c := s.client(i)
		all.Go(func() {
			defer c.close()
			for time.Now().Before(end) {
				text, failed, err := c.call(ctx, "get_conversation", `{"conversationId":1234}`)
				if !assertNoTrouble(tb, text, failed, err) {
					return
				}
				if now := time.Now(); now.After(begin) && now.Before(end) {
					served[i]++
				}
			}
		})
	}
	all.Wait()
	for _, n := range served {
		answered += n
	}
	return served, answered
}

func assertNoTrouble(tb testing.TB, text string, failed bool, err error) bool {
	if err != nil || failed {
		tb.Errorf("a call failed: %v %s", err, text)
		return false
	}
	return true
}
