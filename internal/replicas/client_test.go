package replicas

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/replicas/redistest"
)

// dialed makes a client, which is closed with the test.
func dialed(t *testing.T, url string) *client {
	t.Helper()
	c, err := dial(t.Context(), url, "{x}:")
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// patient makes a client that waits for answers as long as a loaded machine takes.
func patient(t *testing.T, url string) *client {
	t.Helper()
	c := dialed(t, url)
	c.within = time.Minute
	return c
}

// clientsOf returns how many connections a server has, that of the one who asks not counted.
func clientsOf(s *redistest.Server) int {
	return strings.Count(s.CLI("client", "list"), "id=") - 1
}

func TestParse(t *testing.T) {
	for address, want := range map[string]endpoint{
		"redis://":                             {network: "tcp", addr: "localhost:6379"},
		"redis://host":                         {network: "tcp", addr: "host:6379"},
		"redis://host/":                        {network: "tcp", addr: "host:6379"},
		"redis://[::1]:7":                      {network: "tcp", addr: "[::1]:7"},
		"redis://anna:geheim@host:7/3":         {network: "tcp", addr: "host:7", user: "anna", password: "geheim", db: 3},
		"redis://:ge%40heim@host?db=4":         {network: "tcp", addr: "host:6379", password: "ge@heim", db: 4},
		"unix:///run/redis.sock":               {network: "unix", addr: "/run/redis.sock"},
		"unix://anna:geheim@/run/redis?db=5":   {network: "unix", addr: "/run/redis", user: "anna", password: "geheim", db: 5},
		"rediss://anna:geheim@host.example:70": {network: "tcp", addr: "host.example:70", user: "anna", password: "geheim", tls: &tls.Config{ServerName: "host.example", MinVersion: tls.VersionTLS12}},
	} {
		got, err := parse(address)
		require.NoError(t, err, address)
		require.Equal(t, want, got, address)
	}
	for _, address := range []string{"redis://host/1/2", "redis://host?db=x", "redis://host?timeout=3s", "unix://", "unix:", "host", "rediss//host"} {
		_, err := parse(address)
		require.ErrorContains(t, err, "must look like redis://", address)
	}
}

// Each way to a server is taken with user, password and database.
func TestDial(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "redis")
	s := redistest.Start(t, "--unixsocket", socket, "--user", "anna", "on", ">geheim", "~*", "+@all")

	// TLS ends at a proxy: not every Redis is built with it.
	hosted := httptest.NewUnstartedServer(nil)
	hosted.StartTLS()
	defer hosted.Close()
	front, err := tls.Listen("tcp", "127.0.0.1:0", hosted.TLS)
	require.NoError(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = front.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			from, err := front.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", s.Addr)
			if err != nil {
				_ = from.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
			all.Go(func() { _, _ = io.Copy(from, to); _ = from.Close() })
		}
	})
	secure := "rediss://anna:geheim@" + front.Addr().String() + "/3"
	for _, address := range []string{"redis://anna:geheim@" + s.Addr + "/3", "unix://anna:geheim@" + socket + "?db=3", secure} {
		e, err := parse(address)
		require.NoError(t, err)
		if e.tls != nil {
			e.tls.RootCAs = x509.NewCertPool()
			e.tls.RootCAs.AddCert(hosted.Certificate())
		}
		c := newClient(e)
		defer c.Close()
		c.within = time.Minute
		info, err := redis.String(c.do(t.Context(), "CLIENT", "INFO"))
		require.NoError(t, err, address)
		require.Contains(t, info, " user=anna ")
		require.Contains(t, info, " db=3 ")
		require.Contains(t, info, " resp=2")
	}

	stranger, err := parse(secure)
	require.NoError(t, err)
	c := newClient(stranger)
	defer c.Close()
	c.within = time.Minute
	require.ErrorContains(t, second(c.do(t.Context(), "PING")), "certificate")
}

// However many requests there are at once, there are 32 connections, and none after the end.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := join(t, s.URL())
	heard, _ := hear(g)
	reaches(t, g, heard, "before")
	c := g.link.client
	var most, failed atomic.Int32
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() {
			for range 20 {
				answer, err := redis.String(c.do(t.Context(), "CLIENT", "LIST"))
				if err != nil {
					failed.Add(1)
				}
				for n := int32(strings.Count(answer, "id=")); n > most.Load(); {
					most.Store(n)
				}
			}
		})
	}
	wait.Wait()
	require.LessOrEqual(t, most.Load(), int32(32))
	require.Greater(t, most.Load(), int32(2))
	t.Logf("%d connections at once; %d of 4000 requests were too late", most.Load(), failed.Load())
	g.Close()
	require.Eventually(t, func() bool { return clientsOf(s) == 0 }, time.Minute, time.Millisecond)
	require.Empty(t, c.slots)
	require.ErrorIs(t, second(c.do(t.Context(), "PING")), net.ErrClosed)
}

// A request waits for a connection as long as for an answer, and no longer.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	c := dialed(t, redistest.Start(t).URL())
	for range connections {
		c.slots <- struct{}{}
	}
	began := time.Now()
	require.ErrorIs(t, second(c.do(t.Context(), "PING")), context.DeadlineExceeded)
	require.GreaterOrEqual(t, time.Since(began), callTimeout)
	<-c.slots
	require.NoError(t, second(c.do(t.Context(), "PING")))
	<-c.slots
	k, err := c.get(within(t))
	require.NoError(t, err)
	c.Close()
	c.put(k, nil)
	require.Error(t, k.Err(), "it is closed after its use")
}

// What was sent is not sent again, and an answer that comes too late is nobody's.
func TestLateAnswers(t *testing.T) {
	for name, request := range map[string]func(*client) error{
		"command": func(c *client) error { return second(c.do(t.Context(), "INCR", "count")) },
		"script": func(c *client) error {
			return second(c.run(t.Context(), newScript("return { redis.call('INCR', KEYS[1]) }"), []string{"count"}))
		},
		"transaction": func(c *client) error { return second(c.transaction(t.Context(), command{"INCR", []any{"count"}})) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			p := redistest.Between(t, s)
			c := patient(t, p.URL())
			require.NoError(t, request(c))
			count := 1
			for what, lose := range map[string]func() (back func()){
				"mute":   func() func() { p.Mute(); return p.Restore },
				"held":   func() func() { p.Hold(); return p.Restore },
				"frozen": func() func() { s.Freeze(); return s.Thaw },
			} {
				back := lose()
				c.within = callTimeout
				began := time.Now()
				require.Error(t, request(c), what)
				c.within = time.Minute
				require.GreaterOrEqual(t, time.Since(began), callTimeout-time.Millisecond, what)
				require.Empty(t, c.idle, what)
				back()
				count++
				require.Eventually(t, func() bool { return s.CLI("get", "count") == fmt.Sprintln(count) }, time.Minute, time.Millisecond, "it arrives late")
				for i := range 10 {
					text := fmt.Sprint(what, i)
					echo, err := redis.String(c.do(t.Context(), "ECHO", text))
					require.NoError(t, err)
					require.Equal(t, text, echo)
				}
				require.Equal(t, fmt.Sprintln(count), s.CLI("get", "count"), what)
			}
		})
	}
}

// A script is sent whole only to a server that does not know it, and what it answers is not a reason to run it again.
func TestScripts(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := patient(t, s.URL())
	count := newScript("return { redis.call('INCR', KEYS[1]), ARGV[1], { 'a' }, false }")
	for i := range 3 {
		answer, err := c.run(t.Context(), count, []string{"count"}, "x")
		require.NoError(t, err)
		require.Equal(t, []any{int64(i + 1), "x", []any{"a"}, nil}, answer)
	}
	require.Contains(t, s.CLI("info", "commandstats"), "cmdstat_eval:calls=1,")
	for _, said := range []string{"STRANGER who", "ERR wrong", "LOADING it"} {
		fails := newScript("redis.call('INCR', KEYS[1]) return redis.error_reply('" + said + "')")
		_, err := c.run(t.Context(), fails, []string{said})
		require.ErrorContains(t, err, said)
		require.Equal(t, "1\n", s.CLI("get", said))
	}
	require.Len(t, c.idle, 1, "the connection is still good")
}

// A transaction fails if one of its commands does, and then has either changed nothing or all else.
func TestTransactions(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := patient(t, s.URL())
	answers, err := c.transaction(t.Context(), command{"SET", []any{"a", 1}}, command{"GET", []any{"none"}}, command{"INCR", []any{"a"}})
	require.NoError(t, err)
	require.Equal(t, []any{"OK", nil, int64(2)}, answers)
	_, err = c.transaction(t.Context(), command{"INCR", []any{"a"}}, command{"HGET", []any{"a", "field"}})
	require.ErrorContains(t, err, "WRONGTYPE")
	require.Equal(t, "3\n", s.CLI("get", "a"))
	_, err = c.transaction(t.Context(), command{"INCR", []any{"a"}}, command{"NONSENSE", nil})
	require.ErrorContains(t, err, "unknown command")
	require.Equal(t, "3\n", s.CLI("get", "a"))
	require.Len(t, c.idle, 1)
}

// Connections that a server closed while nobody used them are noticed before a request is sent over them.
func TestUnusedConnections(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := patient(t, s.URL())
	several := func(unused time.Duration) {
		var all []*conn
		for range 5 {
			k, err := c.get(within(t))
			require.NoError(t, err)
			all = append(all, k)
		}
		for _, k := range all {
			c.put(k, nil)
			k.used = time.Now().Add(-unused)
		}
	}
	several(2 * unusedFor)
	s.Kill()
	s.Start()
	require.NoError(t, second(c.do(t.Context(), "PING")))
	require.Len(t, c.idle, 1)

	several(-time.Minute)
	first := c.idle[0]
	s.Kill()
	s.Start()
	require.Error(t, second(c.do(t.Context(), "PING")), "one that was used just now is not checked")
	require.Empty(t, c.idle, "and takes the others with it")
	require.Error(t, first.Err())

	several(2 * idleFor)
	first = c.idle[0]
	require.NoError(t, second(c.do(t.Context(), "PING")))
	require.Error(t, first.Err(), "closed and not checked")
	require.Len(t, c.idle, 1)
	require.NotContains(t, c.idle, first)
}

// Where an address leads to another server than before, since the first one may not write any more, the request goes there.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	one, two := redistest.Start(t), redistest.Start(t)
	p := redistest.Between(t, one)
	for name, request := range map[string]func(*client) error{
		"command": func(c *client) error { return second(c.do(t.Context(), "INCR", "command")) },
		"script": func(c *client) error {
			return second(c.run(t.Context(), newScript("redis.call('INCR', KEYS[1]) return {}"), []string{"script"}))
		},
		"transaction": func(c *client) error {
			return second(c.transaction(t.Context(), command{"INCR", []any{"transaction"}}))
		},
	} {
		p.Lead(one)
		one.CLI("replicaof", "no", "one")
		c := patient(t, p.URL())
		require.NoError(t, request(c))
		one.CLI("replicaof", "127.0.0.1", "1")
		require.ErrorContains(t, request(c), "READONLY", "there is no other")
		p.Lead(two)
		require.NoError(t, request(c))
		require.Equal(t, "1\n", two.CLI("get", name))
		require.Equal(t, "1\n", one.CLI("get", name))
	}
}
