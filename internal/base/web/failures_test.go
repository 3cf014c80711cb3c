package web

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWrongKeysFromEverywhere(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	f := NewFailures(func() time.Time { return now })
	for i := range 3 * failuresKnown {
		f.Add(strconv.Itoa(i))
	}
	require.LessOrEqual(t, len(f.count), failuresKnown+1)
	_, many, _ := f.Add("another")
	require.True(t, many)
	now = now.Add(failuresFor)
	_, many, _ = f.Add("another")
	require.False(t, many)
	require.Len(t, f.count, 1)
}
