package main

import (
	"io"
	"log/slog"
	"sync"

	"dixa-mcp/internal/signin"
)

// logTo sends the log to a writer, in as few writes as possible. The returned function flushes it and restores the previous
// logger.
func (c *serveCmd) logTo(w io.Writer) (stop func()) {
	before := slog.Default()
	b := newBatch(w)
	var handler slog.Handler = slog.NewTextHandler(b, nil)
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(b, nil)
	}
	if c.SignInClient != "" {
		handler = signin.Quiet(handler)
	}
	slog.SetDefault(slog.New(handler))
	return func() {
		slog.SetDefault(before)
		b.Close()
	}
}

// batch is an asynchronous writer: during one write, lines are collected for the next.
type batch struct {
	to   io.Writer
	done chan struct{}

	mu      sync.Mutex
	more    sync.Cond
	waiting []byte
	closed  bool
}

// mostWaiting is the maximum size of the collected lines in bytes. Above it, Write waits.
const mostWaiting = 1 << 20

func newBatch(to io.Writer) *batch {
	b := &batch{to: to, done: make(chan struct{})}
	b.more.L = &b.mu
	go b.run()
	return b
}

// Write keeps a copy for the next write. A failed write is not reported, since there is no place to report it.
func (b *batch) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) > mostWaiting && !b.closed {
		b.more.Wait()
	}
	if b.closed {
		return b.to.Write(p)
	}
	b.waiting = append(b.waiting, p...)
	b.more.Broadcast()
	return len(p), nil
}

func (b *batch) run() {
	defer close(b.done)
	var spare []byte
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for len(b.waiting) == 0 {
			if b.closed {
				return
			}
			b.more.Wait()
		}
		lines := b.waiting
		b.waiting = spare[:0]
		b.mu.Unlock()
		_, _ = b.to.Write(lines)
		b.mu.Lock()
		spare = lines
		b.more.Broadcast()
	}
}

// Close returns after everything was written.
func (b *batch) Close() {
	b.mu.Lock()
	b.closed = true
	b.more.Broadcast()
	b.mu.Unlock()
	<-b.done
}
