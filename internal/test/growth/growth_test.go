//go:build linux

package growth

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// heard takes what a test says instead of failing by it.
type heard struct {
	testing.TB
	said string
}

func (*heard) Helper() {}

func (h *heard) Errorf(format string, args ...any) { h.said = fmt.Sprintf(format, args...) }

func TestLinear(t *testing.T) {
	sum := 0
	loop := func(n int) func() {
		return func() {
			for i := range n {
				sum += i ^ sum
			}
		}
	}
	for name, c := range map[string]struct {
		size   func(n int) int
		linear bool
	}{
		"linear":    {func(n int) int { return 1000 * n }, true},
		"n log n":   {func(n int) int { return 100 * n * len(fmt.Sprintf("%b", n)) }, true},
		"quadratic": {func(n int) int { return n * n }, false},
	} {
		h := &heard{TB: t}
		Linear(h, 2000, func(n int) func() { return loop(c.size(n)) })
		require.Equal(t, c.linear, h.said == "", "%s: %s", name, h.said)
	}
}
