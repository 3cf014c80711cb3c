package dixaclient

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackOff(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		name       string
		retryAfter func() string
		least      time.Duration
		most       time.Duration
	}{
		{"full jitter, doubled", func() string { return "" }, 0, 3 * time.Second},
		{"seconds", func() string { return "7" }, 14 * time.Second, 14 * time.Second},
		{"a date", func() string { return date(9 * time.Second) }, 18 * time.Second, 18 * time.Second},
		{"a date gone by", func() string { return date(-time.Hour) }, 0, 3 * time.Second},
		{"below zero", func() string { return "-5" }, 0, 3 * time.Second},
		{"beyond reason", func() string { return "9223372037" }, 0, 3 * time.Second},
		{"words", func() string { return "soon" }, 0, 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := memoryClient(t, behaviour(func(n int, w http.ResponseWriter, r *http.Request) {
					withRetryAfter(status(429, tooMany), test.retryAfter())(n, w, r)
				}).handler())
				start := time.Now()
				require.Error(t, callOnce(t.Context(), c, false))
				took := time.Since(start)
				require.GreaterOrEqual(t, took, test.least)
				require.LessOrEqual(t, took, test.most)
			})
		})
	}
}

func TestJitterSpreadsThePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, behaviour(hangUp).handler())
		seen := map[time.Duration]bool{}
		for range 50 {
			start := time.Now()
			require.Error(t, callOnce(t.Context(), c, true))
			seen[time.Since(start).Round(500*time.Millisecond)] = true
		}
		require.Greater(t, len(seen), 2, "pauses are spread")
	})
}
