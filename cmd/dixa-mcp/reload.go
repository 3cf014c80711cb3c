package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dixa-mcp/internal/gate"
)

// lookAgain is how often the capability file is looked at.
const lookAgain = time.Second

// watch puts a changed capability file in force, and one that was asked for with SIGHUP. A file that is not valid
// changes nothing. The returned function ends it and waits.
func (f fileFlag) watch(ctx context.Context, g *gate.Gate, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(hup)
		tick := time.NewTicker(lookAgain)
		defer tick.Stop()
		var last mark // none: the file may have changed since it was loaded
		broken := false
		for {
			forced := false
			select {
			case <-ctx.Done():
				return
			case <-hup:
				forced = true
			case <-tick.C:
			}
			now := f.mark()
			if now == last && !forced {
				continue
			}
			last = now
			rules, where, err := f.loadFor(g.Version())
			switch {
			case err != nil:
				g.NotReloaded(ctx, err)
			case rules.Digest() != g.Rules().Digest() || forced:
				g.Reload(ctx, rules)
				log.Info("the capability file is in force", "capabilities", where, "digest", rules.Digest())
			case broken: // as it was before somebody's mistake
				log.Info("the capability file can be used again, and is the one in force", "capabilities", where, "digest", rules.Digest())
			}
			broken = err != nil
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// mark is what changes when the file in force does.
type mark struct {
	path string
	size int64
	time time.Time
}

func (f fileFlag) mark() mark {
	path := f.path()
	info, err := os.Stat(path)
	if err != nil {
		return mark{path: path}
	}
	return mark{path, info.Size(), info.ModTime()}
}
