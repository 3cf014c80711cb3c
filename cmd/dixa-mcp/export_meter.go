package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"dixa-mcp/internal/export"
)

// meter shows the progress of an export and an estimate of the time left on standard error: on a terminal in one line that
// changes, elsewhere in one line for each window.
type meter struct {
	to     io.Writer
	live   bool
	now    func() time.Time
	last   time.Time
	shown  bool
	before export.Progress

	start time.Time // of this run
	kept  int       // windows that an earlier run fetched
	end   time.Time // estimated end of the export; zero before the first window
}

func newMeter(to io.Writer, live bool, now func() time.Time) *meter {
	return &meter{to: to, live: live, now: now}
}

func (m *meter) show(p export.Progress) {
	now := m.now()
	m.estimate(p, now)
	next := p.Done != m.before.Done || p.Waiting != m.before.Waiting
	if !m.live && (!next || p.Waiting) || m.live && !next && now.Sub(m.last) < 200*time.Millisecond {
		return
	}
	m.before, m.last = p, now
	const width = 20
	full := width * p.Done / max(p.Windows, 1)
	line := fmt.Sprintf("[%s%s] %d/%d windows, %d rows, %s", strings.Repeat("#", full), strings.Repeat(".", width-full), p.Done, p.Windows, p.Rows, size(p.Bytes))
	if !m.end.IsZero() && p.Done < p.Windows {
		line += ", " + left(m.end.Sub(now))
	}
	switch {
	case m.live && p.Waiting:
		line += ", waiting for Dixa"
		fallthrough
	case m.live:
		fmt.Fprintf(m.to, "\r%s\x1b[K", line)
		m.shown = true
	default:
		fmt.Fprintln(m.to, line)
	}
}

// estimate assumes that each remaining window takes as long as this run's windows took on average.
func (m *meter) estimate(p export.Progress, now time.Time) {
	switch {
	case m.start.IsZero():
		m.start, m.kept, m.before.Done = now, p.Done, p.Done
	case p.Done > m.before.Done:
		each := now.Sub(m.start) / time.Duration(p.Done-m.kept)
		m.end = now.Add(each * time.Duration(p.Windows-p.Done))
	}
}

// left describes how long the rest takes, as roughly as the estimate is.
func left(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds left"
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s left", int(d.Round(5*time.Second).Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min left", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("about %.1f h left", d.Hours())
}

// close leaves the line as it is.
func (m *meter) close() {
	if m.shown {
		fmt.Fprintln(m.to)
	}
}
