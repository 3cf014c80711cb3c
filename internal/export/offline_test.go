package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/offline"
)

// Both exports, from an offline Dixa with a seeded helpdesk: all rows, each once, in both formats.
func TestFromTheOfflineDixa(t *testing.T) {
	for what, by := range map[string]string{Conversations: "updated", Messages: "created"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				http, stop := offline.New(offline.Options{}).Client()
				defer stop()
				c, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), ExportsURL: offline.URL, Transport: http.Transport})
				require.NoError(t, err)
				defer c.Close()
				now := time.Now()
				job, err := NewJob(what, offline.URL, now, nil, span(by, now.AddDate(0, 0, -400), time.Time{}))
				require.NoError(t, err)
				lines, cells := filepath.Join(t.TempDir(), "all.jsonl"), filepath.Join(t.TempDir(), "all.csv")
				o := Options{Now: now, Report: func(Progress) {}}
				o.Out = lines
				p, err := Run(t.Context(), c, job, o)
				require.NoError(t, err)
				o.Out = cells
				_, err = Run(t.Context(), c, job, o)
				require.NoError(t, err)

				text, err := os.ReadFile(lines)
				require.NoError(t, err)
				table, err := os.ReadFile(cells)
				require.NoError(t, err)
				records, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
				require.NoError(t, err)
				require.Len(t, records, p.Rows+1)
				require.Greater(t, p.Rows, 100)
				seen := map[string]bool{}
				for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
					require.True(t, json.Valid(line))
					id := idOf(line)
					require.False(t, seen[id], "%s came twice", id)
					seen[id] = true
					require.Equal(t, id, records[i+1][0])
					require.Empty(t, records[i+1][len(records[0])-1], "every field has its column")
				}
				require.Len(t, seen, p.Rows)
			})
		})
	}
}
