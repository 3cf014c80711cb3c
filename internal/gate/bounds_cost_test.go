package gate_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/race"
)

// behind puts a gate in front of another Dixa.
func behind(t *testing.T, file string, dixa http.Handler) *bed {
	b := newBed(t, file)
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: "http://localhost", Transport: direct{dixa}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.govern(file)
	return b
}

// Whatever Dixa refuses a look-up with, what it is about reads like something that does not exist.
func TestRefusedLookupsAreLikeMissing(t *testing.T) {
	race.Skip(t)
	calls := map[string]string{
		"get_conversation": `{"conversationId":2}`, "list_messages": `{"conversationId":2}`, "add_note": `{"conversationId":2,"message":"x"}`,
		"get_end_user": `{"userId":"` + nobody + `"}`, "list_end_user_conversations": `{"userId":"` + nobody + `"}`,
	}
	for _, only := range []string{bounds[0], bounds[1]} { // of which the second needs another look-up
		for tool, arguments := range calls {
			var missing string
			for status := 404; ; status++ {
				if status == http.StatusTooManyRequests {
					continue
				}
				b := behind(t, everythingBut(only), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					require.False(t, r.Method != http.MethodGet && r.URL.Path != "/v1/search/conversations", "%s %s was sent", r.Method, r.URL)
					w.WriteHeader(status)
					fmt.Fprintf(w, `{"message":"words of Dixa, %d"}`, status)
				}))
				a := b.call("bounded", tool, arguments)
				require.True(t, a.Failed)
				if status == 404 && missing == "" {
					missing, status = a.Text, 399
					continue
				}
				require.Equal(t, missing, a.Text, "%s, where Dixa answers its look-up with %d", tool, status)
				if status == 499 {
					break
				}
			}
		}
	}
}

// counting is a Dixa with one conversation inside and end users outside, which counts what it is asked.
type counting struct {
	users []string // found by any e-mail address
	link  bool     // the conversation belongs to a parent outside
	asked atomic.Int32
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked.Add(1)
	switch r.URL.Path {
	case "/v1/endusers":
		var users []string
		for _, id := range c.users {
			users = append(users, fmt.Sprintf(`{"id":%q}`, id))
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(users, ","))
	case "/v1/conversations/2":
		item := conversationItem(2)
		if c.link {
			item = strings.Replace(item, "{", `{"link":{"_type":"FollowUp","parentId":3},`, 1)
		}
		fmt.Fprintf(w, `{"data":%s}`, item)
	case "/v1/conversations/3":
		fmt.Fprintf(w, `{"data":%s}`, conversationItem(3))
	default:
		fmt.Fprint(w, `{"data":[]}`)
	}
}

// What a call costs the agent, in requests of its budget, and what its client is told meanwhile, do not tell whether something is outside.
func TestCostsDoNotTellWhatIsOutside(t *testing.T) {
	tooMany := make([]string, 30)
	for i := range tooMany {
		tooMany[i] = userNumber(i)
	}
	for name, test := range map[string]struct {
		tool, arguments string
		dixas           []*counting
	}{
		"customers by their address": {"list_end_users", `{"email":"a@example.com"}`, []*counting{{}, {users: tooMany[:1]}, {users: tooMany[:2]}, {users: tooMany}}},
		"a parent outside":           {"get_conversation", `{"conversationId":2}`, []*counting{{}, {link: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(everythingBut(bounds[0]), "    only:", "    budget: {requests_per_day: 7}\n    only:", 1)
			var answers []string
			for _, dixa := range test.dixas {
				b := behind(t, file, dixa)
				said := ""
				for range 8 {
					said += b.learns("bounded", test.tool, test.arguments)
				}
				answers = append(answers, said)
			}
			for i := range answers {
				require.Equal(t, answers[0], answers[i], "case %d", i)
			}
			require.Contains(t, answers[0], "budget")
		})
	}
	t.Run("the same requests", func(t *testing.T) {
		var asked []int32
		for _, users := range [][]string{nil, tooMany[:1], tooMany[:2], tooMany} {
			dixa := &counting{users: users}
			behind(t, everythingBut(bounds[0]), dixa).call("bounded", "list_end_users", `{"email":"a@example.com"}`)
			asked = append(asked, dixa.asked.Load())
		}
		require.Equal(t, []int32{2, 2, 2, 2}, asked)
	})
}

// zipped answers lists with a small body that is large when it is unpacked.
type zipped struct{ body []byte }

func zip(t *testing.T, before, item string, count int, after string) zipped {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := fmt.Fprint(w, before, strings.Repeat(item+",", count-1), item, after)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return zipped{packed.Bytes()}
}

func (z zipped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n := strings.TrimPrefix(r.URL.Path, "/v1/conversations/"); n == "2" {
		fmt.Fprintf(w, `{"data":%s}`, conversationItem(2))
		return
	}
	if r.URL.Path == "/v1/search/conversations" {
		fmt.Fprint(w, `{"data":[{"id":2}]}`)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(z.body)
}

// A small answer does not take much memory, whatever it unpacks to.
func TestSmallAnswersTakeLittleMemory(t *testing.T) {
	race.Skip(t)
	const most = 300 << 20 // of which the unpacked bytes, and the buffer that grows with them, are half
	for name, dixa := range map[string]zipped{
		"empty items":    zip(t, `{"data":[`, `{}`, 10<<20, `]}`),
		"one deep item":  zip(t, `{"data":[{"customAttributes":[`, `{}`, 10<<20, `]}]}`),
		"many members":   zip(t, `{"data":[],`, `"a":1`, 5<<20, `}`),
		"numbers":        zip(t, `{"data":[`, `1`, 15<<20, `]}`),
		"nothing but it": zip(t, `[`, `[]`, 10<<20, `]`),
	} {
		for tool, arguments := range map[string]string{
			"list_end_user_conversations": `{"userId":"` + userNumber(2) + `"}`, "list_end_users": `{"email":"a@example.com"}`,
			"list_linked_conversations": `{"conversationId":2}`, "list_conversation_activity": `{"conversationId":2}`,
			"anonymize_message": `{"conversationId":2,"messageId":"` + nobody + `"}`,
		} {
			t.Run(name+"/"+tool, func(t *testing.T) {
				s := httptest.NewServer(dixa)
				defer s.Close()
				b := newBed(t, everythingBut(bounds[0]))
				var err error
				b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: s.URL, Rate: 1e6, Burst: 1e6})
				require.NoError(t, err)
				defer b.client.Close()
				b.govern(everythingBut(bounds[0]))
				peak := watchHeap()
				b.call("bounded", tool, arguments)
				require.Less(t, peak()>>20, uint64(most>>20), "MiB")
			})
		}
	}
}

// watchHeap measures the largest heap until the returned function is called, above what there was.
func watchHeap() (peak func() uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, largest := m.HeapAlloc, uint64(0)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			largest = max(largest, m.HeapAlloc)
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return func() uint64 {
		close(end)
		<-ended
		return max(largest, before) - before
	}
}
