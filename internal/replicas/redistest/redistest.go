// Package redistest runs a real Redis, or Valkey, for tests, and takes it away from them.
package redistest

import (
	"fmt"
	"io"
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
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		s := &Server{t: t, program: program, args: args, Addr: l.Addr().String()}
		require.NoError(t, l.Close())
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
	to       string

	mu    sync.Mutex
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
		to, err := net.Dial("tcp", p.to)
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
