package main

import (
	"io"
	"log/slog"
	"sync"
)

// logTo has what happens told there, a line for each call, in as few writes as it takes. The returned function ends that
// when all was written.
func (c *serveCmd) logTo(w io.Writer) (stop func()) {
	before := slog.Default()
	b := newBatch(w)
	var handler slog.Handler = slog.NewTextHandler(b, nil)
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(b, nil)
	}
	slog.SetDefault(slog.New(handler))
	return func() {
		slog.SetDefault(before)
		b.Close()
	}
}

// batch is a writer that nobody waits for: while one write is under way, lines gather for the next.
type batch struct {
	to   io.Writer
	done chan struct{}

	mu      sync.Mutex
	more    sync.Cond
	waiting []byte
	closed  bool
}

// mostWaiting bounds what gathers where nobody takes the log, in bytes; then whoever writes waits.
const mostWaiting = 1 << 20

func newBatch(to io.Writer) *batch {
	b := &batch{to: to, done: make(chan struct{})}
	b.more.L = &b.mu
	go b.run()
	return b
}

// Write keeps a copy for the next write. It does not say when that fails: nobody could be told.
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

// Close returns when all was written.
func (b *batch) Close() {
	b.mu.Lock()
	b.closed = true
	b.more.Broadcast()
	b.mu.Unlock()
	<-b.done
}
