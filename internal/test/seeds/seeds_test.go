package seeds

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each seed is run once, gives the same numbers each time, and others than its neighbours.
func TestRun(t *testing.T) {
	var names []string
	first := map[uint64]bool{}
	Run(t, func(t *testing.T, r *rand.Rand) {
		names = append(names, t.Name())
		n := r.Uint64()
		require.Equal(t, New(len(names)-1).Uint64(), n)
		first[n] = true
	})
	require.GreaterOrEqual(t, len(names), Least)
	require.Len(t, first, len(names))
	require.Equal(t, "TestRun/seed=149", names[149])
}

func TestCount(t *testing.T) {
	for text, want := range map[string]int{"": Least, "3": Least, "2000": 2000} {
		t.Setenv("SEEDS", text)
		require.Equal(t, want, Count(t), text)
	}
}

// The printed command selects the seed and nothing else.
func TestCommand(t *testing.T) {
	var got string
	func() { got = command("TestX/of a b") }()
	require.Equal(t, "go test ./internal/test/seeds -run '^TestX$/^of a b$", got)
}
