package telemetry

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/offline"
	"dixa-mcp/tools"
)

// docs/operations.md lists the metrics that there are.
func TestDocsMetrics(t *testing.T) {
	m := NewMetrics("")
	g := newGate(t, m, offline.Options{})
	number := func() int { return 0 }
	m.Watch(Sources{
		Gate: g, Waiting: number, Streams: number, Sessions: number, Sharing: func() (bool, int) { return true, 1 },
		Approvals: approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now),
	})
	call(t, g, "reader", "get_conversation", `{"conversationId":1234}`)
	keyed, err := capability.Parse("f", []byte("version: 1\nagents: {a: {access: {tags: read}, budget: {requests_per_day: 9}, keys: [{id: k, sha256: "+strings.Repeat("a", 64)+", expires: 2027-02-01}]}}\n"))
	require.NoError(t, err)
	g.Reload(t.Context(), keyed)
	m.Draft("reader", tools.DraftWritten)
	m.SignIn("signed_in", "")
	m.Webhooks([]string{"stored"})
	families, err := m.registry.Gather()
	require.NoError(t, err)
	var there []string
	for _, f := range families {
		if regexp.MustCompile(`^dixa_mcp_`).MatchString(f.GetName()) {
			there = append(there, f.GetName())
		}
	}
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(dixa_mcp_[a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		told = append(told, row[1])
	}
	slices.Sort(told)
	require.Equal(t, there, told)
}
