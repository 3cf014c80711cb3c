package outbox

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestNothingLeavesThisMachine(t *testing.T) {
	for _, elsewhere := range []string{"https://hooks.example.com/x", "http://192.0.2.1", "http://localhost.example.com", "http://10.0.0.1:8080", "http://[2001:db8::1]/"} {
		require.False(t, IsLocal(elsewhere), elsewhere)
	}
	require.True(t, IsLocal("http://127.0.0.1:8080/in"))
	_, err := localClient().Get("http://192.0.2.1:9/")
	require.ErrorContains(t, err, "is not on this machine")
}

// What waits when the outbox stops is given up, and nothing is taken before a start and after a stop.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o Outbox
		require.False(t, o.Put(Parcel{}))
		stop := o.Start()
		o.Start()() // while it runs, another start does nothing, nor its stop
		put, done := 0, make(chan Result, 2*mostQueued)
		for range 2 * mostQueued {
			if o.Put(Parcel{URL: "http://192.0.2.1:9/", Done: func(r Result) { done <- r }}) {
				put++
			}
		}
		require.GreaterOrEqual(t, put, mostQueued)
		stop() // synctest fails the test if a goroutine is left
		require.Len(t, done, put)
		for range put {
			require.False(t, (<-done).OK)
		}
		require.False(t, o.Put(Parcel{}))
	})
}
