package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// besideRound is how long one of the two servers is asked before it is the other's turn: noise of the machine hits both.
const besideRound = 250 * time.Millisecond

// BenchmarkHosted lets clients of 2026-07-28 ask the hosted server and a bare one in turn, over the same number of
// connections, both in processes of their own before the same offline Dixa. ratio is ours to the bare one's median.
func BenchmarkHosted(b *testing.B) {
	dixa := offlineAddress(b, "--rate", "0")
	bare := bareServer(b, dixa)
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			ours := host(b, dixa, crowd(16, reader), "--rate", "1000000")
			us, them := ours.clients(n), make([]*client, n)
			for i := range them {
				them[i] = newClient(bare, "")
				defer them[i].close()
			}
			ask := func(c *client) error { return c.works("get_conversation", `{"conversationId":1234}`) }
			var a, z load
			for _, clients := range [][]*client{us, them} {
				new(load).drive(b, clients, besideRound, ask) // connections, caches, the heap
			}
			for b.Loop() {
				a.drive(b, us, besideRound, ask)
				z.drive(b, them, besideRound, ask)
			}
			mine, theirs := median(a.took), median(z.took)
			b.ReportMetric(micros(mine), "p50-µs")
			b.ReportMetric(a.perSecond(), "calls/s")
			b.ReportMetric(micros(theirs), "bare-p50-µs")
			b.ReportMetric(z.perSecond(), "bare-calls/s")
			b.ReportMetric(float64(mine)/float64(theirs), "ratio")
			b.ReportMetric(0, "ns/op")
			require.NotZero(b, theirs)
		})
	}
}
