package server

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Trouble hits its share of the requests, in every way, and the same ones for the same seed.
func TestTrouble(t *testing.T) {
	kinds := func(seed uint64, share float64) (all []FaultKind, n int) {
		d := New(nil, Options{})
		d.Trouble(share, seed)
		d.Inject(Fault{Kind: HTML, Times: 1})
		require.Equal(t, HTML, d.takeFault(""))
		for range 10_000 {
			k := d.takeFault("")
			if all = append(all, k); k != NoFault {
				n++
			}
		}
		return all, n
	}
	first, n := kinds(1, 0.02)
	require.InDelta(t, 200, n, 40)
	for k := range lastFault + 1 {
		require.Contains(t, first, k)
	}
	same, _ := kinds(1, 0.02)
	require.Equal(t, first, same)
	other, _ := kinds(2, 0.02)
	require.NotEqual(t, first, other)
	_, none := kinds(1, 0)
	require.Zero(t, none)
	_, all := kinds(1, 1)
	require.Equal(t, 10_000, all)
}

func TestRequestsAreBounded(t *testing.T) {
	s := New(nil, Options{})
	for i := range mostRequests + 10 {
		r, err := http.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("/v1/%d", i), nil)
		require.NoError(t, err)
		s.arrived(r, "")
	}
	all := s.Requests()
	require.LessOrEqual(t, len(all), mostRequests)
	require.Equal(t, fmt.Sprintf("/v1/%d", mostRequests+9), all[len(all)-1].Path)
	s.Forget()
	require.Empty(t, s.Requests())
}
