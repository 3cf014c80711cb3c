package archive_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/sqlitestore"
	"dixa-mcp/internal/test/seeds"
)

// While a server runs, what is new at Dixa comes into its archive, and what changes through the server comes at once. It ends with the server.
func TestKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{}, seeds.New(1)
		k := &talk{id: 7, customer: "c", created: time.Now()}
		d.conversations = append(d.conversations, k)
		d.say(k, r)
		c, s := client(t, d), sqlitestore.Open(t.TempDir())
		defer func() { require.NoError(t, s.Close()) }()
		since := time.Now().Add(-time.Hour)
		time.Sleep(time.Minute)

		var mu sync.Mutex
		var told []error
		keeper := archive.NewKeeper(c, s, func() archive.Options { return options(since) }, func(_ archive.Result, err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err)
		})
		last := func() (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return len(told), told[len(told)-1]
		}
		locked := func(do func()) {
			d.mu.Lock()
			defer d.mu.Unlock()
			do()
		}
		stop := keeper.Start()
		messages := func() int64 {
			st, err := s.Status(t.Context())
			require.NoError(t, err)
			return st.Messages
		}
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, messages(), "it is filled at the start")

		locked(func() { d.say(k, r) })
		noted := c.With(keeper.Noting)
		_, err := dixaclient.CloseConversation.Do(t.Context(), noted, dixaclient.CloseConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 7}})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 2, messages(), "a change through us is there at once")

		locked(func() { d.say(k, r) })
		_, err = dixaclient.GetConversation.Do(t.Context(), noted, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 7}})
		_ = err // the help desk answers it with messages
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 2, messages(), "a read changes nothing")
		time.Sleep(archive.SyncEvery)
		require.EqualValues(t, 3, messages(), "the next sync finds it")

		release, _, err := s.Lease(t.Context(), "another process")
		require.NoError(t, err)
		before, _ := last()
		time.Sleep(2 * archive.SyncEvery)
		after, _ := last()
		require.Equal(t, before, after, "another process fills it")
		require.NoError(t, release())

		locked(func() { d.fault = func(string) string { return "500" } })
		time.Sleep(2 * archive.SyncEvery)
		_, err = last()
		require.Error(t, err)
		locked(func() { d.fault = nil })
		stop()
		exports := len(d.exports)
		time.Sleep(3 * archive.SyncEvery)
		require.Len(t, d.exports, exports)
	})
}
