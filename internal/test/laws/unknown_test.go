package laws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// Dixa adds fields to its answers without notice. What no type here knows must reach the caller of the library and the
// agent all the same.
func TestUnknownFieldsSurvive(t *testing.T) {
	all := examples(t)
	for _, tool := range operationTools() {
		t.Run(tool.Name, func(t *testing.T) {
			calls := rehearse(t, tool.Name, all[tool.Name])
			last := calls[len(calls)-1]
			planted := plant(t, &last.sent)
			var raw []byte
			client := dixa(t, dixaclient.DefaultURL, replay(last.sent)).With(func(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
				err := next(ctx)
				raw = c.Raw
				return err
			})
			got := perform(t, client, nil, last.exampleCall)
			shown := 0
			for i := range planted {
				what := fmt.Sprintf(`"addedLater":"plant %d"`, i+1)
				if got.out.Total == 0 { // rows of an export are passed on one by one
					require.Contains(t, string(raw), what)
				}
				if strings.Contains(got.json, what) {
					shown++
				}
			}
			if strings.Contains(got.json, `"more":`) { // only what fits
				require.Positive(t, shown)
			} else {
				require.Equal(t, planted, shown, "%s", got.json)
			}
		})
	}
}

// replay gives the same answer to whatever is asked.
type replay recorded

func (r replay) RoundTrip(q *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: r.status, Header: r.header, ContentLength: int64(len(r.body)), Body: io.NopCloser(bytes.NewReader(r.body)), Request: q}, nil
}

// plant puts unknown fields into an answer: into what data is, or into each of its items. It counts them.
func plant(t *testing.T, answer *recorded) (planted int) {
	t.Helper()
	if len(answer.body) == 0 {
		return 0
	}
	var into func(v any)
	into = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				into(item)
			}
		case map[string]any:
			for _, inner := range []string{"data", "partialErrors", "error"} {
				if v[inner] != nil {
					into(v[inner])
				}
			}
			if v["data"] == nil && v["_type"] != "BulkActionFailure" {
				planted++
				v["addedLater"] = fmt.Sprintf("plant %d", planted)
			}
		}
	}
	v := value(t, answer.body)
	into(v)
	body, err := json.Marshal(v)
	require.NoError(t, err)
	answer.body = body
	return planted
}
