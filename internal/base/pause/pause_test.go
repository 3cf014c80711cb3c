package pause

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPauseEndsWithItsTimeOrWithTheCauseOfTheContext(t *testing.T) {
	require.NoError(t, For(t.Context(), 1))
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	require.ErrorIs(t, For(ctx, time.Hour), stopped)
}
