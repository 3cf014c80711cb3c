package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/seeds"
)

// begun begins a run of records.
func begun(t *testing.T, dir string) *audit.Log {
	l, err := audit.Open(audit.Options{Dir: dir, MaxBytes: 2000})
	require.NoError(t, err)
	return l
}

func note(t *testing.T, l *audit.Log, text string) {
	require.NoError(t, l.Write(t.Context(), audit.Record{Event: audit.EventReload, Text: text}))
}

// hashes returns the hashes of all records in a directory.
func hashes(t *testing.T, dir string) map[string]bool {
	all := map[string]bool{}
	require.NoError(t, audit.Read(dir, func(r audit.Record) error { all[r.Hash] = true; return nil }))
	return all
}

// printed returns the records that were printed as JSON.
func printed(t *testing.T, text string) (all []audit.Record) {
	for line := range strings.Lines(text) {
		var r audit.Record
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		all = append(all, r)
	}
	return all
}

func tailed(t *testing.T, c auditTailCmd, dir string) (string, error) {
	var out bytes.Buffer
	c.JSON, c.Audit = true, dir
	err := c.Run(t.Context(), &output{to: &out})
	return out.String(), err
}

// fragile fails after some bytes, as a pipe does whose reader ends.
type fragile struct {
	to   io.Writer
	left int
}

var errBroken = errors.New("broken pipe")

func (f *fragile) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errBroken
	}
	return f.to.Write(p)
}

// Whenever it is stopped and started again, and however many processes write meanwhile, each record is printed once.
func TestTailCursor(t *testing.T) {
	seeds.Run(t, func(t *testing.T, random *rand.Rand) {
		synctest.Test(t, func(t *testing.T) {
			dir, cursor := filepath.Join(t.TempDir(), "audit"), filepath.Join(t.TempDir(), "cursor")
			var out bytes.Buffer
			follow := func(ctx context.Context, to io.Writer) error {
				return (&auditTailCmd{Follow: true, JSON: true, Cursor: cursor, recordFlags: recordFlags{Audit: dir}}).Run(ctx, &output{to: to})
			}
			var logs []*audit.Log
			for n := range 10 {
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				to := io.Writer(&out)
				if random.IntN(4) == 0 {
					to = &fragile{&out, random.IntN(3000)}
				}
				go func() {
					defer close(done)
					if err := follow(ctx, to); !errors.Is(err, errBroken) {
						require.NoError(t, err)
					}
				}()
				for range random.IntN(8) {
					switch {
					case len(logs) == 0 || random.IntN(6) == 0:
						logs = append(logs, begun(t, dir))
					case random.IntN(12) == 0:
						i := random.IntN(len(logs))
						require.NoError(t, logs[i].Close())
						logs = append(logs[:i], logs[i+1:]...)
					default:
						note(t, logs[random.IntN(len(logs))], fmt.Sprint(n))
					}
					time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
				}
				stop()
				<-done
			}
			for _, l := range logs {
				require.NoError(t, l.Close())
			}
			if _, err := os.Stat(dir); err != nil {
				return // nothing was written
			}
			require.NoError(t, (&auditTailCmd{JSON: true, Cursor: cursor, recordFlags: recordFlags{Audit: dir}}).Run(t.Context(), &output{to: &out}))
			all, seen := hashes(t, dir), map[string]bool{}
			for _, r := range printed(t, out.String()) {
				require.True(t, all[r.Hash], r.Text)
				require.False(t, seen[r.Hash], "printed twice: %s", r.Text)
				seen[r.Hash] = true
			}
			require.Len(t, seen, len(all))
		})
	})
}

func TestTailWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "audit")
		_, err := tailed(t, auditTailCmd{}, dir)
		require.ErrorContains(t, err, "no records yet")
		r, w := io.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- (&auditTailCmd{Follow: true, Lines: 20, JSON: true, recordFlags: recordFlags{Audit: dir}}).Run(ctx, &output{to: w})
		}()
		time.Sleep(time.Minute)
		l := begun(t, dir)
		defer l.Close()
		var first audit.Record
		require.NoError(t, json.NewDecoder(r).Decode(&first))
		require.Equal(t, audit.EventStart, first.Event)
		stop()
		require.NoError(t, <-done)
	})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, (&auditTailCmd{Follow: true, recordFlags: recordFlags{Audit: filepath.Join(t.TempDir(), "audit")}}).Run(ctx, &output{to: io.Discard}), "ctrl-C while it waits")
}

func TestTailAfter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	begin := func() *audit.Log {
		l, err := audit.Open(audit.Options{Dir: dir, Now: func() time.Time { now = now.Add(time.Second); return now }})
		require.NoError(t, err)
		return l
	}
	first := begin()
	note(t, first, "first 2")
	second := begin()
	note(t, second, "second 2")
	note(t, first, "first 3")
	note(t, second, "second 3")
	note(t, first, "first 4")
	runs, err := audit.Runs(dir)
	require.NoError(t, err)
	for _, test := range []struct {
		after []string
		want  string
	}{
		{[]string{"2"}, "first 3, second 3, first 4"},
		{[]string{"3"}, "first 4"},
		{[]string{"0"}, "first 2, started, second 2, first 3, second 3, first 4"}, // all: nothing says what was read of the first run
		{[]string{runs[0] + ":3"}, "second 3, first 4"},
		{[]string{runs[0] + ":4"}, ""},
		{[]string{runs[0] + ":2", runs[1] + ":1"}, "second 2, first 3, second 3, first 4"},
		{[]string{runs[0] + ":4", runs[1] + ":1"}, "second 2, second 3"},
	} {
		out, err := tailed(t, auditTailCmd{After: test.after}, dir)
		require.NoError(t, err, test.after)
		var texts []string
		for _, r := range printed(t, out) {
			if r.Event != audit.EventStart || r.Seq > 0 && r.Run == runs[1] {
				texts = append(texts, r.Text)
			}
		}
		require.Equal(t, test.want, strings.Join(texts, ", "), test.after)
	}
	for _, test := range []struct{ after, want string }{
		{"x", `--after must be the seq of a record, such as 41, or RUN:SEQ`},
		{"-1", `not "-1"`},
		{"4", "--after 4: the newest record of the run " + runs[1] + " is 3; nothing was printed"},
		{"20200101T000000.000Z-1:3", `--after names the run "20200101T000000.000Z-1", which is not in`},
		{"29990101T000000.000Z-1:3", "which is not in"},
	} {
		_, err := tailed(t, auditTailCmd{After: []string{test.after}}, dir)
		require.ErrorContains(t, err, test.want)
	}
	_, err = tailed(t, auditTailCmd{After: []string{"1"}, Cursor: "x"}, dir)
	require.ErrorContains(t, err, "--after and --cursor cannot be given together")
	cursor := filepath.Join(t.TempDir(), "cursor")
	require.NoError(t, os.WriteFile(cursor, []byte("{"), 0o600))
	_, err = tailed(t, auditTailCmd{Cursor: cursor}, dir)
	require.ErrorContains(t, err, "delete it to begin with the first record")
}
