package laws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Dixa adds fields to its answers without notice. What no type here knows must reach the caller of the library and the
// agent all the same.
func TestUnknownFieldsSurvive(t *testing.T) {
	all := examples(t)
	for _, tool := range tools.All() {
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			var planter planter
			var raw []byte
			calls := rehearse(t, tool.Name, all[tool.Name], planter.between, func(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
				err := next(ctx)
				raw = c.Raw
				return err
			})
			last := calls[len(calls)-1]
			if raw == nil {
				raw = last.out.Body // rows of an export are not kept
			}
			shown := 0
			for i := range planter.planted {
				plant := fmt.Sprintf(`"addedLater":"plant %d"`, i+1)
				if last.out.Total == 0 { // of an export, the first rows
					require.Contains(t, string(raw), plant)
				}
				if strings.Contains(last.text, plant) {
					shown++
				}
			}
			if strings.Contains(last.text, `"more":`) { // only what fits
				require.Positive(t, shown)
			} else {
				require.Equal(t, planter.planted, shown, "%s", last.text)
			}
		})
	}
}

// planter puts unknown fields into the answers of a server: into what data is, or into each of its items. It counts
// those of the last answer.
type planter struct{ planted int }

func (p *planter) between(dixa http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		dixa.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		var v any
		if json.Unmarshal(body, &v) == nil {
			p.planted = 0
			p.plant(v)
			body, _ = json.Marshal(v) // what was unmarshalled can be marshalled
		}
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})
}

func (p *planter) plant(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			p.plant(item)
		}
	case map[string]any:
		for _, inner := range []string{"data", "partialErrors", "error"} {
			if v[inner] != nil {
				p.plant(v[inner])
			}
		}
		if v["data"] == nil && v["_type"] != "BulkActionFailure" {
			p.planted++
			v["addedLater"] = fmt.Sprintf("plant %d", p.planted)
		}
	}
}
