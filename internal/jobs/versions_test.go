package jobs

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/stored"
)

// A job that a newer version prepared may have conditions that an older one does not know: it is refused, and kept.
func TestJobOfANewerVersion(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }
	shelf := NewMemory(now)
	s := New(shelf, []byte("secret"), now)
	text, err := json.Marshal(kept{Job: s.box.Close([]byte(`{"handle":"B-7K2Q","agent":"triage","expires":"2026-11-29T13:00:00Z","ids":[1],"onlyIf":"open"}`), "B-7K2Q")})
	require.NoError(t, err)
	added, err := shelf.Insert(t.Context(), "triage", "B-7K2Q", string(text), now().Add(time.Hour))
	require.NoError(t, err)
	require.True(t, added)
	_, _, _, err = s.read(t.Context(), "B-7K2Q", "triage", "")
	require.ErrorIs(t, err, stored.ErrNewer)
	still, err := shelf.Get(t.Context(), "B-7K2Q")
	require.NoError(t, err)
	require.Equal(t, string(text), still)
}
