package serve

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// The goroutine of a call runs the next one, and those of many calls end but for a few.
func TestGoroutinesOfCallsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conn{idle: make(chan func())}
		ran := 0
		for range 3 {
			require.True(t, c.run(func() { ran++ }))
			synctest.Wait()
			require.EqualValues(t, 1, c.waiting.Load())
		}
		require.Equal(t, 3, ran)

		release := make(chan struct{})
		for range 3 * maxIdle {
			require.True(t, c.run(func() { <-release }))
		}
		synctest.Wait()
		require.Zero(t, c.waiting.Load())
		close(release)
		synctest.Wait()
		require.EqualValues(t, maxIdle, c.waiting.Load())

		c.stop()
		c.stop()
		c.calls.Wait()
		require.False(t, c.run(func() { ran++ }))
		require.Equal(t, 3, ran)
	})
}
