package replicas

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/test/double"
)

// reaches waits until what one tells is heard, and gives it again. Nothing is kept for whoever does not hear yet.
func reaches(t *testing.T, from *Group, heard <-chan string, message string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_ = from.Tell(t.Context(), []byte(message)) // it may be away
		select {
		case got := <-heard:
			return got == message
		case <-time.After(20 * time.Millisecond):
			return false
		}
	}, time.Minute, time.Millisecond)
}

// hear keeps what a replica hears.
func hear(g *Group) (heard <-chan string, stop func()) {
	all := make(chan string, 10000)
	return all, g.Hear(func(message []byte) { all <- string(message) })
}

func TestRelay(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	all := joinAll(t, same(s.URL(), 2)...)
	elsewhere, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: "another", Replica: "x"})
	require.NoError(t, err)
	defer elsewhere.Close()
	first, stop := hear(all[0])
	second, _ := hear(all[1]) // it ends with the replica
	others, _ := hear(elsewhere)
	reaches(t, all[0], first, "to itself")
	reaches(t, all[0], second, "to another\n\x00one")
	reaches(t, elsewhere, others, "there")
	for len(others) > 0 {
		require.Equal(t, "there", <-others, "those with another prefix hear nothing of it")
	}

	stop()
	for len(first) > 0 {
		<-first
	}
	reaches(t, all[0], second, "after the end")
	require.Empty(t, first)
	stop()
	all[0].Close()
	_, stop = hear(all[0])
	stop()
}

// However the connection is lost, what is told is heard again when it is back.
func TestRelayAwayAndBack(t *testing.T) {
	for name, away := range map[string]func(*redistest.Server, *redistest.Proxy) (back func()){
		"killed":  func(s *redistest.Server, _ *redistest.Proxy) func() { s.Kill(); return s.Start },
		"stopped": func(s *redistest.Server, _ *redistest.Proxy) func() { s.Freeze(); return s.Thaw },
		"cut off": func(_ *redistest.Server, p *redistest.Proxy) func() { p.Cut(); return p.Restore },
		"mute":    func(_ *redistest.Server, p *redistest.Proxy) func() { p.Mute(); return p.Restore },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			p := redistest.Between(t, s)
			g := join(t, p.URL())
			heard, _ := hear(g)
			reaches(t, g, heard, "before")
			back := away(s, p)
			alone(t, g)
			require.ErrorIs(t, g.Tell(t.Context(), []byte("meanwhile")), ErrAway)
			back()
			see(t, 1, g)
			reaches(t, g, heard, "again")
		})
	}
}

// A server that is silent for long is asked whether it is there, and stays heard.
func TestRelayQuiet(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := join(t, s.URL())
	heard, _ := hear(g)
	reaches(t, g, heard, "before")
	calls := func(command string) (count string, err error) {
		info, err := redis.String(g.link.client.do(t.Context(), "INFO", "commandstats"))
		return regexp.MustCompile("cmdstat_" + command + ":calls=([0-9]+)").FindString(info), err
	}
	for _, ping := range []string{"a ping", "another after its answer"} {
		before, err := calls("ping")
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			now, err := calls("ping")
			return err == nil && now != before // on a busy machine a connection may take too long
		}, time.Minute, 50*time.Millisecond, ping)
	}
	reaches(t, g, heard, "after")
	subscribed, err := calls("subscribe")
	require.NoError(t, err)
	require.Equal(t, "cmdstat_subscribe:calls=1", subscribed, "over the same connection")
}

// The user that is proposed may do all this; one that may not leaves the replicas sharing, and the log says what it lacks.
func TestRelayWithUsers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/redis-users.conf.example")
	require.NoError(t, err)
	rights := regexp.MustCompile(`(?m)^user dixa-mcp on >REPLACE-ME (.*)$`).FindStringSubmatch(string(text))
	require.NotNil(t, rights)
	user := func(name, may string) []string { return strings.Fields("--user " + name + " on >geheim " + may) }
	s := redistest.Start(t, append(user("dixa-mcp", rights[1]), user("mute", strings.ReplaceAll(rights[1], "&{dixa-mcp}:*", ""))...)...)
	may := join(t, "redis://dixa-mcp:geheim@"+s.Addr)
	heard, _ := hear(may)
	reaches(t, may, heard, "said")

	logs := &double.Log{}
	mute, err := Connect(t.Context(), Options{URL: "redis://mute:geheim@" + s.Addr, Replica: "test", Log: slog.New(slog.NewTextHandler(logs, nil))})
	require.NoError(t, err)
	defer mute.Close()
	_, stop := hear(mute)
	defer stop()
	require.Eventually(t, func() bool { return strings.Contains(logs.String(), "cannot be received") }, time.Minute, time.Millisecond)
	require.ErrorContains(t, mute.Tell(t.Context(), []byte("said")), "NOPERM")
	require.True(t, mute.State().Shared)
}
