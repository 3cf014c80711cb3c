package replicas

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/test/seeds"
)

// timed returns a script that goes by the time in its last argument, in microseconds, and not by the server's clock.
func timed(t *testing.T, source string) script {
	const clock = "local time = redis.call('TIME')\n"
	require.Equal(t, 1, strings.Count(source, clock))
	return newScript(strings.Replace(source, clock, "local time = { 0, ARGV[#ARGV] }\nARGV[#ARGV] = nil\n", 1))
}

// The script halves and recovers its rate as [dixaclient.FillRate] does, whatever comes when.
func TestScriptPaceIsDixaclientPace(t *testing.T) {
	g := join(t, redistest.Start(t).URL())
	s := timed(t, bucketSource)
	seeds.Run(t, func(t *testing.T, random *rand.Rand) {
		name := g.link.key("pace-test:" + strconv.FormatUint(random.Uint64(), 16))
		now, want := time.UnixMicro(1_700_000_000_000_000), dixaclient.NewFillRate(1)
		require.NoError(t, second(g.link.client.do(t.Context(), "HSET", name+":replicas", g.link.id, strconv.FormatInt(now.UnixMicro(), 10)+" sharing")))
		for range 30 {
			now = now.Add(time.Duration(random.IntN(3_000_000)) * time.Microsecond)
			what := "reserve"
			if random.IntN(3) == 0 {
				what = "throttled"
				want.Throttle(now)
			}
			answer, err := g.link.client.run(t.Context(), s, []string{name + ":replicas", name + ":group", name},
				what, g.link.id, 10, 3, 0, 1, time.Hour.Microseconds(), time.Hour.Microseconds(), 1, now.UnixMicro())
			require.NoError(t, err)
			got, err := strconv.ParseFloat(answer[2].(string), 64)
			require.NoError(t, err)
			require.InDelta(t, want.At(now), got, 1e-4, "%s at %s", what, now)
		}
	})
}

// An agent's own rate limit is a token bucket in the script as in one process.
func TestScriptRateIsLimiterRate(t *testing.T) {
	g := join(t, redistest.Start(t).URL())
	s := timed(t, budgetsSource)
	seeds.Run(t, func(t *testing.T, random *rand.Rand) {
		name := g.link.key("rate-test:" + strconv.FormatUint(random.Uint64(), 16))
		perSecond := 0.2 + 5*random.Float64()
		now, want := time.UnixMicro(1_700_000_000_000_000), rate.NewLimiter(rate.Limit(perSecond), gate.RateBurst)
		require.NoError(t, second(g.link.client.do(t.Context(), "HSET", name+":replicas", g.link.id, "0 sharing")))
		for range 30 {
			now = now.Add(time.Duration(random.IntN(1_500_000)) * time.Microsecond)
			answer, err := g.link.client.run(t.Context(), s, []string{name + ":replicas", name + ":used", name + ":budget", name},
				"take", g.link.id, "agent", perSecond, gate.RateBurst, 0, now.UnixMicro())
			require.NoError(t, err)
			wait := time.Duration(number(answer[2])) * time.Microsecond
			require.InDelta(t, want.ReserveN(now, 1).DelayFrom(now).Seconds(), wait.Seconds(), 1e-4)
		}
	})
}
