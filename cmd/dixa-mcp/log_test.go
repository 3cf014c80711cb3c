package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowly counts writes, the first of which waits until it may.
type slowly struct {
	may    chan struct{}
	writes int
	bytes.Buffer
}

func (s *slowly) Write(p []byte) (int, error) {
	<-s.may
	s.writes++
	return s.Buffer.Write(p)
}

// Every line is written, whole and in the order of its writer, in fewer writes than lines, and no writer waits.
func TestBatch(t *testing.T) {
	to := &slowly{may: make(chan struct{})}
	b := newBatch(to)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 100 {
				_, err := fmt.Fprintf(b, "%d %d\n", w, i)
				require.NoError(t, err)
			}
		})
	}
	all.Wait()
	close(to.may)
	b.Close()
	require.LessOrEqual(t, to.writes, 2)
	next := map[string]int{}
	for line := range strings.Lines(to.String()) {
		who, n, _ := strings.Cut(strings.TrimSpace(line), " ")
		require.Equal(t, fmt.Sprint(next[who]), n)
		next[who]++
	}
	require.Len(t, next, 8)
	for _, n := range next {
		require.Equal(t, 100, n)
	}
	_, err := b.Write([]byte("late\n"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(to.String(), "late\n"), "what comes later is not lost")
}
