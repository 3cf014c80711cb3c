package offline

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/seed"
)

// New is what every session pays that may never read a thing.
func TestNewIsCheap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := New(Options{})
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(d)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// Who makes the same world reads the same bytes; another seed is another helpdesk.
func TestDeterminism(t *testing.T) {
	read := func(seed uint64) string {
		o := open(t, Options{Seed: seed})
		all := ""
		for _, path := range []string{"/v1/agents", "/v1/endusers", "/v1/queues", "/v1/teams", "/v1/webhooks", "/v1/custom-attributes",
			"/v1/conversations/1234/messages", "/v1/conversations/1100/messages", "/v1/conversations/2890/messages", "/v1/agents/presence"} {
			all += o.do("GET", path, "").body
		}
		all += o.do("POST", "/v1/search/conversations", `{"query":{"value":"parcel"}}`).body
		return all + o.do("POST", "/v1/tags", `{"name":"new"}`).body
	}
	require.Equal(t, read(1), read(0), "0 is 1")
	require.Equal(t, read(7), read(7))
	require.NotEqual(t, read(1), read(7))
}

func TestDefaultAnchor(t *testing.T) {
	now := time.Date(2026, 5, 6, 17, 30, 0, 0, time.FixedZone("", 7200))
	d := New(Options{Now: func() time.Time { return now }})
	require.Equal(t, time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC), d.world().Anchor)
}

// Nothing in the seed is newer than the anchor.
func TestAnchor(t *testing.T) {
	w := seed.New(1, anchor)
	for _, c := range w.Conversations {
		require.False(t, desk.Latest(c.Created, c.Touched, c.LastMessage, c.Closed, c.Assigned, c.Anonymized).After(anchor), c.ID)
		for _, e := range w.Activity(c) {
			require.False(t, e.At.After(anchor), "%d %s", c.ID, e.Kind)
		}
	}
}

// The fixed parts of the data, which examples and documentation use.
func TestDemo(t *testing.T) {
	o := open(t, Options{})
	demo := o.get("/v1/conversations/1234")
	require.Equal(t, "Open", at(t, demo, "state"))
	require.Equal(t, "EmailConversation", at(t, demo, "_type"))
	require.Equal(t, billingQueueID, at(t, demo, "queue", "id"))
	require.Contains(t, pluck(t, o.get("/v1/conversations/1234/tags"), "id"), refundTagID)
	require.Len(t, o.get("/v1/conversations/1234/notes"), 1)
	require.Len(t, o.get("/v1/conversations/1234/messages"), 5)
	user := at(t, demo, "requesterId").(string)
	require.Greater(t, len(o.get("/v1/endusers/"+user+"/conversations").([]any)), 3)
	require.Equal(t, "Billing Bot", at(t, o.get("/v1/agents/"+billingBotID), "displayName"))
	names := pluck(t, o.get("/v1/queues"), "id")
	require.Contains(t, names, returnsQueueID)
	require.Len(t, o.get("/v1/queues"), 10)
	require.Len(t, o.get("/v1/teams"), 6)
	require.Len(t, o.get("/v1/tags"), 30)
	require.Len(t, o.get("/v1/tags?includeDeactivated=true"), 33)
}

// Every channel, state and kind of message that the contract knows is somewhere in the data.
func TestVariety(t *testing.T) {
	w := seed.New(1, anchor)
	seen := map[string]int{}
	for _, c := range w.Conversations {
		seen[shapeOf(c)]++
		seen[c.State]++
		seen[c.Language]++
		seen[c.Channel.Label]++
		messages := w.Thread(c)
		if len(messages) > 20 {
			seen["long"]++
		}
		for _, m := range messages {
			seen[m.Attributes.Type]++
			if m.Attributes.EmailContent != nil {
				seen[m.Attributes.EmailContent.Type]++
			}
		}
	}
	for _, want := range []string{"AnonymizedConversation", "ChatConversation", "ContactFormConversation", "EmailConversation",
		"FacebookMessengerConversation", "GenericConversation", "MessengerConversation", "PstnPhoneConversation", "SmsConversation",
		"TwitterConversation", "WhatsAppConversation", desk.StateOpen, desk.StatePending, desk.StateAwaitingPending, desk.StateClosed, "en", "da", "de", "fr", "es",
		"sv", "long", "TooLarge", "Regular", "CallRecordingAttributes", "ChatAttributes", "ContactFormAttributes", "EmailAttributes",
		"FacebookMessengerAttributes", "GenericAttributes", "MessengerFormAttributes", "PhoneAttributes", "SmsAttributes",
		"TranscriptAttributes", "TwitterAttributes", "WhatsAppAttributes", "Voicemail", "Callback", "Trustpilot"} {
		require.NotZero(t, seen[want], want)
	}
	require.Len(t, w.Conversations, desk.SeededConversations)
}

// Many clients at once, over TCP, and nothing is left behind.
func TestListen(t *testing.T) {
	d := New(Options{Anchor: anchor})
	url, stop, err := d.Listen("127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 20 {
				id := 1001 + (i*20+k)%10
				for _, r := range []struct{ method, path string }{
					{"GET", fmt.Sprintf("/v1/conversations/%d/messages", id)}, {"PUT", fmt.Sprintf("/v1/conversations/%d/close", id)},
					{"PUT", fmt.Sprintf("/v1/conversations/%d/reopen", id)}, {"GET", "/v1/agents/presence"},
				} {
					req, err := http.NewRequest(r.method, url+r.path, nil)
					if err != nil {
						t.Error(err)
						return
					}
					req.Header.Set("Authorization", "token")
					res, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					if res.StatusCode >= 300 {
						t.Error(r.path, res.StatusCode)
					}
				}
			}
		})
	}
	all.Wait()
	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, stop())
	require.NoError(t, stop(), "stopping twice is once")
	_, _, err = d.Listen("not an address")
	require.Error(t, err)
}

// In a bubble every goroutine must end with the client, and latency costs no time.
func TestClientLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{Latency: time.Minute})
		hc, stop := d.Client()
		begun := time.Now()
		req, err := http.NewRequestWithContext(t.Context(), "GET", URL+"/v1/organization", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "token")
		res, err := hc.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, time.Minute, time.Since(begun))
		req.URL.Host = "dev.dixa.io"
		_, err = hc.Do(req)
		require.ErrorContains(t, err, "no network")
		stop()
		_, err = hc.Get(URL)
		require.Error(t, err)
	})
}

func TestResetCounts(t *testing.T) {
	d := New(Options{})
	d.ResetCounts()
	require.Empty(t, d.Requests())
	require.Empty(t, d.Effects())
}

var (
	mailAddress = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[a-z]+`)
	phoneNumber = regexp.MustCompile(`\+[0-9]{8,15}`)
	webAddress  = regexp.MustCompile(`https?://([A-Za-z0-9.-]+)`)
)

// Nobody can be reached by what is in the data: addresses are for examples, numbers for fiction or not
// assigned, hosts do not resolve.
func TestNobodyIsReal(t *testing.T) {
	o := open(t, Options{})
	text := o.do("GET", "/v1/endusers?pageLimit=1000", "").body + o.do("GET", "/v1/agents?pageLimit=100", "").body +
		o.do("GET", "/v1/contact-endpoints", "").body + o.do("GET", "/v1/webhooks", "").body + o.do("GET", "/v1/templates?pageLimit=100", "").body
	for id := desk.FirstConversation; id < desk.FirstConversation+desk.SeededConversations; id += 7 {
		text += o.do("GET", fmt.Sprintf("/v1/conversations/%d/messages", id), "").body
	}
	for _, address := range mailAddress.FindAllString(text, -1) {
		require.Regexp(t, `@(example\.(com|org|net)|email\.dixa\.io)$`, address)
	}
	for _, number := range phoneNumber.FindAllString(text, -1) {
		require.Regexp(t, `^\+(4477009\d{5}|442079460\d{3}|493023125\d{3}|33639981\d{3}|4631390\d{4}|4640628\d{4}|4684650\d{4}|46980319\d{3}|4537550\d{3}|34555010\d{3})$`, number)
	}
	for _, host := range webAddress.FindAllStringSubmatch(text, -1) {
		require.Regexp(t, `(^|\.)(example\.(com|org|net)|dixa\.invalid)$`, host[1])
	}
}
