package bench

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load is what clients saw that asked as fast as they could.
type load struct {
	took  []time.Duration
	spent time.Duration
}

// drive lets every client ask again and again for that long.
func (l *load) drive(tb testing.TB, clients []*client, long time.Duration, ask func(*client) error) {
	took := make([][]time.Duration, len(clients))
	failed := make([]error, len(clients))
	start := time.Now()
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			for time.Since(start) < long && failed[i] == nil {
				took[i] = append(took[i], clock(func() { failed[i] = ask(c) }))
			}
		})
	}
	all.Wait()
	l.spent += time.Since(start)
	for i := range clients {
		require.NoError(tb, failed[i])
		l.took = append(l.took, took[i]...)
	}
}

func (l *load) perSecond() float64 { return float64(len(l.took)) / l.spent.Seconds() }
