package archivetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

func lease(t *testing.T, o Opened) {
	second := o.Open()
	release, _, err := o.First.Lease(t.Context(), "process 1")
	require.NoError(t, err)
	require.NotNil(t, release)
	require.Equal(t, "process 1", status(t, second).Syncing)
	refused, other, err := second.Lease(t.Context(), "process 2")
	require.NoError(t, err)
	require.Nil(t, refused)
	require.Equal(t, "process 1", other)
	require.NoError(t, release())
	require.Empty(t, status(t, second).Syncing)
	release, _, err = second.Lease(t.Context(), "process 2")
	require.NoError(t, err)
	require.NotNil(t, release)
	require.NoError(t, release())
}

func reserve(t *testing.T, o Opened) {
	second := o.Open()
	now, made := noon, []time.Time{}
	for i := range 40 {
		s := o.First
		if i%2 == 1 {
			s = second
		}
		wait, err := s.Reserve(t.Context(), now, 4, time.Minute)
		require.NoError(t, err)
		if wait > 0 {
			now = now.Add(wait)
			continue
		}
		made = append(made, now)
		now = now.Add(time.Second)
	}
	require.Greater(t, len(made), 20)
	for i := 4; i < len(made); i++ {
		require.GreaterOrEqual(t, made[i].Sub(made[i-4]), time.Minute)
	}
	wait, err := second.Reserve(t.Context(), noon.Add(-time.Hour), 4, time.Minute) // the clock was set back
	require.NoError(t, err)
	require.Zero(t, wait)
}

func origin(t *testing.T, o Opened) {
	has, err := o.First.Origin(t.Context(), archive.Origin{})
	require.NoError(t, err)
	require.Zero(t, has)
	one := archive.Origin{API: "https://dev.dixa.io", Organization: "1"}
	for _, wants := range []archive.Origin{one, {API: "x", Organization: "2"}, {}} {
		has, err = o.Open().Origin(t.Context(), wants)
		require.NoError(t, err)
		require.Equal(t, one, has)
	}
}

func several(t *testing.T, o Opened) {
	done := make(chan error, 4)
	for p := range 4 {
		s := o.Open()
		go func() {
			for i := range 25 {
				rows := archive.Rows{Conversations: []archive.Conversation{conversation(int64(i+1), 5)}, At: noon}
				for m := range 10 {
					rows.Messages = append(rows.Messages, message(fmt.Sprint("m", (i+p)%25, "-", m), int64(i+1), i, "hallo"))
				}
				if err := s.Put(context.Background(), rows); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	require.Len(t, Find(t, o.First, "hallo"), 250)
	Sound(t, o.First)
}
