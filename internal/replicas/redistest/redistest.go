// Package redistest runs a real Redis, or Valkey, for tests, and takes it away from them.
package redistest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a Redis on a port of its own, which keeps nothing on disk.
type Server struct {
	t       testing.TB
	program string
	args    []string
	Addr    string
	process *exec.Cmd
}

// Start starts a server, which ends with the test. Where there is none on this machine the test is skipped, except in CI.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		s := &Server{t: t, program: program, args: args, Addr: unused()}
		s.Start()
		t.Cleanup(s.Kill)
		return s
	}
	const missing = "no redis-server and no valkey-server on this machine: install the package redis-server to run this test"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return nil
}

// unused returns an address that nothing listens at, below the ports that systems give to connections, so that a server that ended
// can start there again. A server of a cluster also listens at the port that is higher by 10000.
func unused() string {
	for {
		port := 10000 + rand.IntN(12000)
		if addr := free(port); addr != "" && free(port+10000) != "" {
			return addr
		}
	}
}

// free returns the address of a port, or "" if it is in use.
func free(port int) string {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return ""
	}
	defer l.Close()
	return l.Addr().String()
}

// Cluster starts servers of a Redis Cluster, which end with the test. The first has all slots, the others are its replicas.
func Cluster(t testing.TB, n int) []*Server {
	t.Helper()
	all := make([]*Server, n)
	for i := range all {
		all[i] = Start(t, "--cluster-enabled", "yes", "--repl-diskless-sync-delay", "0")
	}
	host, port, err := net.SplitHostPort(all[0].Addr)
	require.NoError(t, err)
	all[0].CLI("cluster", "addslotsrange", "0", "16383")
	id := strings.TrimSpace(all[0].CLI("cluster", "myid"))
	for _, s := range all[1:] {
		s.CLI("cluster", "meet", host, port)
		require.Eventually(t, func() bool { // when it has met the first
			return strings.HasPrefix(s.CLI("cluster", "replicate", id), "OK")
		}, time.Minute, 20*time.Millisecond)
		require.Eventually(t, func() bool {
			return strings.Contains(s.CLI("info", "replication"), "master_link_status:up")
		}, time.Minute, 20*time.Millisecond)
	}
	require.Eventually(t, func() bool {
		all[0].CLI("set", "key", "value") // replicas that have received nothing are not listed
		for _, s := range all {
			if !strings.Contains(s.CLI("cluster", "info"), "cluster_state:ok") || strings.Count(s.CLI("cluster", "slots"), host+"\n") != n {
				return false
			}
		}
		return true
	}, time.Minute, 20*time.Millisecond)
	return all
}

// CLI runs a command on the server and returns what redis-cli, or valkey-cli, prints.
func (s *Server) CLI(args ...string) string {
	s.t.Helper()
	out, err := exec.Command(strings.TrimSuffix(s.program, "server")+"cli", append([]string{"-u", s.URL()}, args...)...).Output()
	require.NoError(s.t, err)
	return string(out)
}

// URL returns the address of the server.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Start starts it, again where it ran before, and waits until it answers. It remembers nothing.
func (s *Server) Start() {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.Addr)
	require.NoError(s.t, err)
	c := exec.Command(s.program, append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", s.t.TempDir()}, s.args...)...)
	c.Stderr = os.Stderr
	require.NoError(s.t, c.Start())
	s.process = c
	require.Eventually(s.t, s.answers, 10*time.Second, 2*time.Millisecond, "the server does not answer")
}

func (s *Server) answers() bool {
	c, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return false
	}
	answer := make([]byte, 16)
	n, _ := c.Read(answer)
	return strings.HasPrefix(string(answer[:n]), "+PONG") || strings.HasPrefix(string(answer[:n]), "-NOAUTH")
}

// Kill ends it at once.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	s.process = nil
}

// Freeze stops it where it stands: connections stay open, and nothing is answered.
func (s *Server) Freeze() { require.NoError(s.t, pause(s.process.Process)) }

// Thaw lets it go on.
func (s *Server) Thaw() { require.NoError(s.t, resume(s.process.Process)) }

// Proxy stands between a replica and a server.
type Proxy struct {
	listener net.Listener

	mu    sync.Mutex
	to    string
	how   way
	moved *sync.Cond
	open  map[net.Conn]struct{}
}

type way int

const (
	through way = iota
	held        // nothing passes, connections stay open
	mute        // requests pass, answers do not
	cut         // no connections
)

// Between starts a proxy to a server, which ends with the test.
func Between(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: l, to: s.Addr, open: map[net.Conn]struct{}{}}
	p.moved = sync.NewCond(&p.mu)
	var all sync.WaitGroup
	all.Go(func() { p.accept(&all) })
	t.Cleanup(func() {
		_ = l.Close() // which ends accept
		p.Cut()
		all.Wait()
	})
	return p
}

// URL returns the address of the server by way of the proxy.
func (p *Proxy) URL() string { return fmt.Sprintf("redis://%s", p.listener.Addr()) }

// Cut ends all connections and lets none through.
func (p *Proxy) Cut() { p.set(cut) }

// Hold keeps connections open, and lets nothing pass.
func (p *Proxy) Hold() { p.set(held) }

// Mute lets requests pass, and no answers.
func (p *Proxy) Mute() { p.set(mute) }

// Restore lets all pass. What was held goes on.
func (p *Proxy) Restore() { p.set(through) }

// Lead leads new connections to another server.
func (p *Proxy) Lead(s *Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = s.Addr
}

func (p *Proxy) set(how way) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.how = how
	p.moved.Broadcast()
	if how == cut {
		for c := range p.open {
			_ = c.Close() // its copies end by that
		}
	}
}

func (p *Proxy) accept(all *sync.WaitGroup) {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		addr := p.to
		p.mu.Unlock()
		to, err := net.Dial("tcp", addr)
		if err != nil || !p.add(from, to) {
			_ = from.Close()
			if to != nil {
				_ = to.Close()
			}
			continue
		}
		all.Go(func() { p.copy(to, from, func() bool { return p.how != held }) })
		all.Go(func() { p.copy(from, to, func() bool { return p.how == through || p.how == cut }) })
	}
}

func (p *Proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.how == cut {
		return false
	}
	for _, c := range conns {
		p.open[c] = struct{}{}
	}
	return true
}

// copy passes on what comes, when it may pass.
func (p *Proxy) copy(to, from net.Conn, passes func() bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, from)
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for !passes() {
			p.moved.Wait()
		}
		p.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
