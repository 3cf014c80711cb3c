package journal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/journal/journaltest"
	"dixa-mcp/internal/seal"
	"dixa-mcp/internal/test/clock"
)

func TestMemory(t *testing.T) {
	journaltest.TestStore(t, func(t *testing.T, now func() time.Time) [2]journaltest.Process {
		m := journal.NewMemory(now)
		return [2]journaltest.Process{{Store: m}, {Store: m}}
	})
}

// What is stored says nothing of the answer or of what was there before, to whoever lacks the secret.
func TestCodec(t *testing.T) {
	secret := seal.Secret()
	e := journaltest.Done(journaltest.Entry("a", 1, 1))
	e.Start(clock.Start)
	text, err := journal.NewCodec(secret).Encode(e)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
	got, err := journal.NewCodec(secret).Decode(text)
	require.NoError(t, err)
	require.Equal(t, e, got)

	foreign, err := journal.NewCodec(seal.Secret()).Decode(text)
	require.NoError(t, err)
	e.Answer, e.Steps[0].Detail = "", nil
	require.Equal(t, e, foreign, "the rest is known, so that nothing is done twice")
	for _, broken := range []string{"", "{", `{"steps":1}`} {
		_, err := journal.NewCodec(secret).Decode([]byte(broken))
		require.ErrorContains(t, err, "cannot be read", broken)
	}
}
