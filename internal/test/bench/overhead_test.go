package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/serve"
)

// answers are what the upstream server says: one conversation, and 25 messages of 600 characters, as text and as HTML.
var answers = map[string]string{
	"get_conversation": `{"data":{"_type":"EmailConversation","id":1234,"requesterId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f","channel":"Email",` +
		`"createdAt":"2026-09-30T07:01:19Z","direction":"Inbound","state":"Open","stateUpdatedAt":"2026-11-20T22:00:00Z",` +
		`"assignment":{"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","assignedAt":"2026-09-30T07:36:19Z"},` +
		`"queue":{"id":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","queuedAt":"2026-09-30T07:01:26Z"},"fromEmail":"emma@example.com",` +
		`"toEmail":"billing@email.dixa.io","integrationEmail":"billing@email.dixa.io","language":"en","subject":"Charged twice","customAttributes":[]}}`,
	"list_messages/text": messages("Text", words),
	"list_messages/html": messages("Html", "<p>"+words+"<br>Kind regards</p>"),
}

var words = strings.Repeat("The refund has not come yet, please look. ", 14)

func messages(kind, value string) string {
	m := fmt.Sprintf(message, kind, value)
	return `{"data":[` + strings.TrimSuffix(strings.Repeat(m+",", 25), ",") + `]}`
}

const message = `{"id":"604c608e-5100-4c55-9099-ef994bdcc984","authorId":"cd36bd3e-9c11-4201-ad1e-ef4df19d45e9","createdAt":"2026-11-20T15:19:24.000Z[GMT]",` +
	`"attributes":{"_type":"EmailAttributes","emailContent":{"_type":"Regular","content":{"_type":%q,"value":%q}},"from":{"email":"emma@example.com","name":"Emma"},` +
	`"to":[{"email":"billing@email.dixa.io"}],"isAutoReply":false,"direction":"Inbound"}}`

// BenchmarkOverhead alternates between a bare request and a whole call, from the client's line on stdio to the line of
// the answer, both to the same server. ours-µs is the difference of the medians.
func BenchmarkOverhead(b *testing.B) {
	for _, name := range []string{"get_conversation", "list_messages/text", "list_messages/html"} {
		tool, _, _ := strings.Cut(name, "/")
		b.Run(name, func(b *testing.B) {
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, answers[name])
			}))
			defer upstream.Close()
			call := connect(b, upstream.URL)
			ask := fmt.Sprintf(`{"name":%q,"arguments":{"conversationId":1234}}`, tool)
			var bare, whole, inGate []time.Duration
			for range 50 { // connections, caches, the heap
				direct(b, upstream.URL)
				call.mcp(b, ask)
			}
			for b.Loop() {
				bare = append(bare, clock(func() { direct(b, upstream.URL) }))
				whole = append(whole, clock(func() { call.mcp(b, ask) }))
				inGate = append(inGate, clock(func() { call.gate(b, tool) }))
			}
			b.ReportMetric(micros(median(bare)), "bare-µs")
			b.ReportMetric(micros(median(whole)), "whole-µs")
			b.ReportMetric(micros(median(inGate)-median(bare)), "gate-µs")
			b.ReportMetric(micros(median(whole)-median(bare)), "ours-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func direct(b *testing.B, url string) {
	res, err := http.Get(url + "/v1/conversations/1234")
	require.NoError(b, err)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(b, err)
	require.NoError(b, res.Body.Close())
}

// connection is a server with a client at its pipes.
type connection struct {
	g   *gate.Gate
	in  io.Writer
	out *bufio.Reader
	id  int
}

func connect(b *testing.B, url string) *connection {
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("a-token-of-the-benchmark"), URL: url, Rate: 1e6, Burst: 1e6})
	require.NoError(b, err)
	rules, err := capability.Parse("capabilities.yaml", dixamcp.DefaultCapabilities)
	require.NoError(b, err)
	log, err := audit.Open(audit.Options{Dir: b.TempDir()})
	require.NoError(b, err)
	g := gate.New(gate.Config{Rules: rules, Client: client, Audit: log})
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- serve.Stdio(context.Background(), g, "admin", "", "bench", inR, outW, slog.New(slog.DiscardHandler))
	}()
	b.Cleanup(func() {
		inW.Close()
		require.NoError(b, <-done)
		require.NoError(b, log.Close())
		client.Close()
	})
	c := &connection{g: g, in: inW, out: bufio.NewReaderSize(outR, 1<<20)}
	c.initialize(b)
	return c
}

func (c *connection) mcp(b *testing.B, params string) { c.request(b, "tools/call", params) }

func (c *connection) request(b *testing.B, method, params string) {
	c.id++
	_, err := fmt.Fprintf(c.in, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`+"\n", c.id, method, params)
	require.NoError(b, err)
	line, err := c.out.ReadString('\n')
	require.NoError(b, err)
	require.NotContains(b, line[:min(len(line), 200)], `"error"`)
}

func (c *connection) gate(b *testing.B, tool string) {
	a := c.g.Call(context.Background(), gate.Request{Agent: "admin", Tool: tool, Arguments: []byte(`{"conversationId":1234}`)})
	require.False(b, a.Failed, a.Text)
}

func clock(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
