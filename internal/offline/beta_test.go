package offline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

// The beta version of the API has the same operations as v1 and differs in what it requires.
func TestBeta(t *testing.T) {
	o := open(t, Options{})
	o.loose = true // Dixa's documents here are those of v1
	read := func(path string) string { return o.do("GET", path, "").body }
	require.Equal(t, read("/v1/tags"), read("/beta/tags"))
	require.Contains(t, read("/beta/search/conversations?pageLimit=1&query=refund"), `"next":"/beta/search/conversations/?pageKey=`)
	require.Equal(t, 404, o.do("GET", "/beta/conversation_export?csids=1", "").status)

	offer := `{"ratingType":"Csat"}`
	require.Equal(t, 400, o.do("POST", "/v1/conversations/1234/ratings/offer", offer).status)
	r := o.do("POST", "/beta/conversations/1234/ratings/offer", offer)
	require.Equal(t, 201, r.status, r.body)
	cv := o.find(func(c *desk.Conversation) bool { return c.ID == 1234 })
	require.Contains(t, r.body, `"userId":"`+cv.Requester+`"`)

	transcript := func(version string) string {
		for id := int64(desk.FirstConversation); id < desk.FirstConversation+desk.SeededConversations; id++ {
			if body := read("/" + version + "/conversations/" + fmt.Sprint(id) + "/messages"); strings.Contains(body, "TranscriptAttributes") {
				return body
			}
		}
		require.FailNow(t, "no conversation has a transcript")
		return ""
	}
	v1, beta := transcript("v1"), transcript("beta")
	require.Equal(t, strings.Count(v1, "TranscriptAttributes"), strings.Count(beta, `"direction":`)-strings.Count(v1, `"direction":`), "beta says who speaks")
}
