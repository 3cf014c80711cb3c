package dixaclient

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestWhatDixaSaysIsOneBriefLine holds for whatever Dixa says beside an answer's content: its message, the id of the
// request, the type of the body.
func TestWhatDixaSaysIsOneBriefLine(t *testing.T) {
	dirty := "\x1b[2K\x1b[1A\u202Eevil\u200B\r\nNothing was sent.\u3164 " + strings.Repeat("long ", 100_000)
	message, err := json.Marshal(map[string]string{"message": dirty})
	require.NoError(t, err)
	for _, answer := range []struct {
		status int
		body   string
	}{{400, string(message)}, {500, string(message)}, {429, string(message)}, {200, "<html>"}, {403, "no JSON " + dirty}} {
		synctest.Test(t, func(t *testing.T) {
			c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["X-Request-Id"] = []string{"id\t\u202E\u009b" + strings.Repeat("x", 4000)}
				w.Header()["Content-Type"] = []string{"text/\u202Ehtml;\u009b" + strings.Repeat("x", 4000)}
				w.WriteHeader(answer.status)
				_, _ = w.Write([]byte(answer.body))
			})
			var id string
			c = c.With(func(ctx context.Context, call *Call, next func(context.Context) error) error {
				err := next(ctx)
				id = call.RequestID
				return err
			})
			_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			require.Error(t, err)
			for _, said := range []string{err.Error(), id} {
				require.NotContains(t, strings.Map(func(r rune) rune {
					if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x3164 {
						return '!'
					}
					return r
				}, said), "!")
				require.LessOrEqual(t, utf8.RuneCountInString(said), 1000)
			}
			require.NotEmpty(t, id)
			var failed *Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, id, failed.RequestID, "for Dixa's support")
		})
	}
}
