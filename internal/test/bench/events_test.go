package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events/webhook"
	group "dixa-mcp/internal/replicas"
	"dixa-mcp/internal/replicas/redistest"
)

// beforeDelivery is how long an agent waits before the delivery that it waits for: longer than it takes to begin.
const beforeDelivery = 300 * time.Millisecond

// BenchmarkHear measures from the delivery of a webhook until an agent that waits for a new conversation in a queue has its answer: at the
// server that got the delivery, and at another one that shares a Redis with it.
func BenchmarkHear(b *testing.B) {
	for _, at := range []string{"the same server", "another server"} {
		b.Run(at, func(b *testing.B) {
			dixa := offlineAddress(b)
			receives, tells := hearing(b, dixa, at != "the same server")
			c := newClient("http://"+tells.addr+"/mcp", tells.keys[0])
			defer c.close()
			var took []time.Duration
			for n := range b.N {
				heard := make(chan time.Time, 1)
				go func() {
					text, failed, err := c.call(b.Context(), "wait_for", `{"queue":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","seconds":20}`)
					now := time.Now()
					if err != nil || failed || !strings.Contains(text, "ConversationEnqueued") {
						b.Errorf("the agent did not hear: %v %s", err, text)
					}
					heard <- now
				}()
				time.Sleep(beforeDelivery)
				sent := time.Now()
				deliver(b, receives, n)
				took = append(took, (<-heard).Sub(sent))
			}
			slices.Sort(took)
			b.ReportMetric(micros(median(took))/1000, "p50-ms")
			b.ReportMetric(micros(took[len(took)*99/100])/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// What proves deliveries.
const (
	hookID     = "cb452b81-6748-40ab-af85-6559b371bc5d"
	hookSecret = "00112233445566778899aabbccddeeff"
	hookToken  = "the bearer token of the subscription"
)

// hearing starts a server that receives webhooks, and one whose agent hears of them, which may be the same.
func hearing(b *testing.B, dixa string, two bool) (receives, tells *hosted) {
	sum := sha256.Sum256([]byte(hookToken))
	subscriptions := []webhook.Subscription{{ID: hookID, API: dixa, Secret: []webhook.Key{{Value: hookSecret}}, Token: []webhook.Key{{Value: hex.EncodeToString(sum[:])}}}}
	who := crowd(1, reader)
	if !two {
		h := host(b, dixa, who, "--webhooks")
		require.NoError(b, webhook.In(h.args[slices.Index(h.args, "--state")+1]).Write(b.Context(), subscriptions))
		return h, h
	}
	redis := redistest.Start(b).URL()
	g, err := group.Connect(b.Context(), group.Options{URL: redis})
	require.NoError(b, err)
	defer g.Close()
	require.NoError(b, webhook.NewShared(g.Webhooks(), g.Secret(), "Redis").Write(b.Context(), subscriptions))
	return host(b, dixa, who, "--webhooks", "--redis", redis), host(b, dixa, who, "--webhooks", "--redis", redis)
}

// deliver delivers an event of a conversation in the queue.
func deliver(b *testing.B, to *hosted, n int) {
	body := fmt.Sprintf(`{"event_id":"%08x-4d5e-4f60-8a7b-%012d","event_fqn":"CONVERSATION_ENQUEUED","event_version":"1","event_timestamp":%q,
		"data":{"conversation":{"csid":1234,"status":"OPEN","queue":{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"}}}}`, time.Now().UnixMicro()&0xffffffff, n, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	key, err := hex.DecodeString(hookSecret)
	require.NoError(b, err)
	mac, at := hmac.New(sha256.New, key), time.Now().UnixMilli()
	fmt.Fprintf(mac, "%d.%s", at, body)
	r, err := http.NewRequest(http.MethodPost, "http://"+to.addr+webhook.Path, strings.NewReader(body))
	require.NoError(b, err)
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", hookID)
	r.Header.Set("X-DIXA-SIGNATURE", fmt.Sprintf("t=%d,v1=%x", at, mac.Sum(nil)))
	r.Header.Set("Authorization", "Bearer "+hookToken)
	res, err := http.DefaultClient.Do(r)
	require.NoError(b, err)
	require.NoError(b, res.Body.Close())
	require.Equal(b, http.StatusOK, res.StatusCode)
}
