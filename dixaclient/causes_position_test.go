package dixaclient

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A conversation that is assigned has no position in a queue, which the bare 404 does not say.
func TestQueuePositionOfAnAssignedConversation(t *testing.T) {
	e := &Error{Op: GetQueuePosition.Spec, Status: 404, Message: "The requested resource could not be found"}
	require.ErrorContains(t, e, "does not wait in a queue: it is assigned, set aside or closed")
}
