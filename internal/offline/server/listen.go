package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// URL is the address under which the client of [Server.Client] reaches the server; to a client it is this machine.
const URL = "http://localhost"

// Client starts the server on connections in memory and gives a client for it; its address is [URL], and it reaches nothing
// else. Connections stay open between requests as with TCP. The function stops the server and waits until it is gone.
func (s *Server) Client() (*http.Client, func()) {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	stop := s.serve(l)
	t := &http.Transport{DialContext: l.dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}
	return &http.Client{Transport: t}, func() {
		t.CloseIdleConnections()
		_ = stop() // closing connections in memory does not fail
	}
}

// Listen starts the server on a TCP address such as "127.0.0.1:0". The function stops it and waits until it is gone.
func (s *Server) Listen(addr string) (url string, stop func() error, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("offline Dixa: %w", err)
	}
	return "http://" + l.Addr().String(), s.serve(l), nil
}

// serve answers on a listener until it is stopped. Stopping waits for the accept loop and for every connection.
func (s *Server) serve(l net.Listener) (stop func() error) {
	var conns sync.WaitGroup
	h := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 30 * time.Second,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				conns.Done()
			}
		},
	}
	end := s.api.Start()
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	return sync.OnceValue(func() error {
		err := h.Close()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		conns.Wait()
		end()
		return err
	})
}

// pipeListener accepts the connections that its own dial makes.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(addr); host != strings.TrimPrefix(URL, "http://") {
		return nil, fmt.Errorf("offline Dixa: %s is not %s, and there is no network here", addr, URL)
	}
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, fmt.Errorf("offline Dixa: %w", net.ErrClosed)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return strings.TrimPrefix(URL, "http://") }
