package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
)

const (
	// readAgain is how often the capability file is read.
	readAgain = time.Second
	// settleAfter is the time for which the file must be unchanged before anything that it newly allows is in force: a
	// file that is being written looks like one from which limits were removed.
	settleAfter = 5 * time.Second
)

// watch puts a changed capability file in force. SIGHUP makes it read the file at once. An invalid file changes nothing. The
// returned function stops it and waits.
func (f fileFlag) watch(ctx context.Context, g *gate.Gate, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(hup)
		tick := time.NewTicker(readAgain)
		defer tick.Stop()
		w := watcher{file: f, gate: g, log: log, complete: g.Rules()}
		w.aboutKeys()
		for {
			forced := false
			select {
			case <-ctx.Done():
				return
			case <-hup:
				forced = true
			case <-tick.C:
			}
			w.look(ctx, forced)
			w.aboutKeys()
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// watcher follows one capability file.
type watcher struct {
	file     fileFlag
	gate     *gate.Gate
	log      *slog.Logger
	complete *capability.Rules // the last file that was put in force as a whole
	content  string            // digest of what was read last, or why it could not be read
	since    time.Time         // when that was read first
	waiting  *capability.Rules // rules that allow something new and wait; nil if none do
	broken   bool
	warned   time.Time // when keys that expire soon were last mentioned
}

// look reads the file. A change that only removes permissions is in force at once. Of any other change, what it removes is in
// force at once, and the rest once the file was unchanged for [settleAfter].
func (w *watcher) look(ctx context.Context, forced bool) {
	name, data, err := w.read()
	content := fmt.Sprint(name, " ", sha256.Sum256(data), err)
	if content == w.content && !forced {
		if w.waiting != nil && time.Since(w.since) >= settleAfter {
			w.put(ctx, w.waiting)
		}
		return
	}
	if content != w.content {
		w.content, w.since, w.waiting = content, time.Now(), nil
	}
	var rules *capability.Rules
	if err == nil {
		rules, err = w.file.parse(w.gate.Version(), name, data)
	}
	if err != nil {
		w.gate.NotReloaded(ctx, err)
	} else {
		w.offer(ctx, rules, forced)
	}
	w.broken = err != nil
}

// read returns the file's path, "" for the built-in one, and its bytes. If the file that was in force is gone, it returns an
// error instead of the built-in file.
func (w *watcher) read() (name string, data []byte, err error) {
	path := w.file.path()
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // reading it could block forever
		return path, nil, fmt.Errorf("%s is not a regular file", path)
	}
	name, data, err = w.file.read()
	if name == "" && path != "" && w.complete.Name() == path {
		return path, nil, fmt.Errorf("%s was removed", path)
	}
	return name, data, err
}

// offer decides which part of a file that was read is in force now.
func (w *watcher) offer(ctx context.Context, rules *capability.Rules, forced bool) {
	inForce := w.gate.Rules()
	if rules.Digest() == inForce.Digest() {
		switch {
		case forced:
			w.put(ctx, rules)
		case w.broken:
			w.log.Info("the capability file is valid again and in force", "capabilities", rules.Name(), "digest", rules.Digest())
			w.gate.Unchanged()
		}
		return
	}
	changes := capability.Compare(inForce, rules)
	if !capability.Widens(changes) {
		w.put(ctx, rules)
		return
	}
	if w.waiting != nil { // the same change, requested again
		return
	}
	w.waiting = rules
	w.log.Info(fmt.Sprintf("the capability file was changed; what it removes is in force now, what it newly allows is in force once the file was unchanged for %s", settleAfter),
		"capabilities", rules.Name(), "digest", rules.Digest(), "newly_allows", allows(changes))
	if both := capability.Both(inForce, rules); len(capability.Compare(inForce, both)) > 0 {
		w.gate.Hold(ctx, both, rules)
	} else {
		w.gate.Waits()
	}
}

// put puts rules in force completely.
func (w *watcher) put(ctx context.Context, rules *capability.Rules) {
	changes := capability.Compare(w.complete, rules)
	if gone := capability.Removed(w.complete, rules); len(gone) > 0 {
		w.log.Warn("limits were removed from the capability file", "removed", strings.Join(gone, ", "), "newly_allows", allows(changes))
	}
	w.complete, w.waiting, w.warned = rules, nil, time.Time{}
	w.gate.Reload(ctx, rules)
	w.log.Info("the capability file is in force", "capabilities", rules.Name(), "digest", rules.Digest(), "newly_allows", allows(changes))
}

// allows lists the changes that allow something new.
func allows(changes []capability.Change) string {
	var texts []string
	for _, c := range changes {
		if c.Widens {
			texts = append(texts, c.Text)
		}
	}
	if texts == nil {
		return "nothing"
	}
	return strings.Join(texts, "; ")
}

// aboutKeys logs the keys that expire soon, once a day.
func (w *watcher) aboutKeys() {
	now := time.Now()
	if !w.warned.IsZero() && now.Sub(w.warned) < 24*time.Hour {
		return
	}
	w.warned = now
	for _, k := range w.gate.Rules().ExpiringKeys(now) {
		w.log.Warn("a key expires soon; make a new one with dixa-mcp key new", "agent", k.Agent, "key", k.ID, "expires", k.Expires.Format(time.DateOnly))
	}
}
