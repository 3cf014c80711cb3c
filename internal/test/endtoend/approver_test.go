package endtoend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// An approval is valid only as long as the file has the approver with that key.
func TestApproverTakenOut(t *testing.T) {
	o := newOffice(t)
	send := func() (out, stderr string) {
		out, stderr, _ = run(t, o.home, append(o.env, "DIXA_API_TOKEN="+plantedToken), "call", "--agent", "clerk", "send_message",
			`{"conversationId":1234,"text":"Hello","agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`)
		return out, stderr
	}
	out, stderr := send()
	number := parked.FindString(out)
	require.NotEmpty(t, number, stderr)
	o.operate(nil, "approvals", "approve", number)

	another := sha256.Sum256([]byte(plantedBearer))
	o.write("clerk.yaml", fmt.Sprintf(clerkFile, hex.EncodeToString(another[:])))
	out, stderr = send()
	require.Contains(t, out+stderr, "was approved by anna.holm, who may no longer decide about it")
	require.Empty(t, o.dixa.Effects())

	same := sha256.Sum256([]byte(plantedKey))
	o.write("clerk.yaml", fmt.Sprintf(clerkFile, hex.EncodeToString(same[:])))
	send()
	require.Len(t, o.dixa.Effects(), 1)
}
