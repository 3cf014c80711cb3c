package dixaclient

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Whatever stands between may repeat the Authorization header: in an error or in an answer, the token goes no further.
func TestTokenIsInNoAnswer(t *testing.T) {
	for _, status := range []int{200, 400, 500} {
		synctest.Test(t, func(t *testing.T) {
			c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"message":"you sent ` + r.Header.Get("Authorization") + `","data":{"subject":"` + r.Header.Get("Authorization") + `"}}`))
			})
			c.tokens[0].source = StaticToken("a-secret-token-of-some-length")
			a, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			if status == 200 {
				require.NoError(t, err)
				require.Equal(t, "[redacted]", a.Value.Subject)
				require.NotContains(t, string(a.Raw), "a-secret")
				return
			}
			require.ErrorContains(t, err, "you sent [redacted]")
			require.NotContains(t, err.Error(), "a-secret")
		})
	}
}
