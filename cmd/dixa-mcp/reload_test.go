package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/double"
)

// reloads keeps records in memory.
type reloads struct {
	mu  sync.Mutex
	all []string
}

func (r *reloads) Write(_ context.Context, a audit.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, a.Text)
	return nil
}

func (r *reloads) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// watched is a gate whose capability file is watched, in a bubble of fake time.
type watched struct {
	t       *testing.T
	path    string
	gate    *gate.Gate
	records *reloads
	log     *double.Log
}

// watchFile runs a test with a file that is watched. Where it is in another place than --capabilities says, that is the
// user's configuration directory.
func watchFile(t *testing.T, flag bool, text string, test func(*watched)) {
	// The first Notify of a process starts a goroutine that never ends, which a bubble would wait for.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)

	dir := t.TempDir()
	path := filepath.Join(dir, "dixa-mcp", "capabilities.yaml")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	f := fileFlag{Capabilities: path}
	if !flag {
		t.Setenv("XDG_CONFIG_HOME", dir)
		f.Capabilities = ""
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	synctest.Test(t, func(t *testing.T) {
		rules, _, err := f.load()
		require.NoError(t, err)
		client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token")})
		require.NoError(t, err)
		w := &watched{t: t, path: path, records: &reloads{}, log: new(double.Log)}
		log := slog.New(slog.NewTextHandler(w.log, nil))
		w.gate = gate.New(gate.Config{Rules: rules, Client: client, Audit: w.records, Log: log})
		stop := f.watch(t.Context(), w.gate, log)
		test(w)
		stop()
	})
}

func (w *watched) write(text string) { require.NoError(w.t, os.WriteFile(w.path, []byte(text), 0o600)) }

// after advances the bubble's clock.
func (w *watched) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// may returns which of the tools the agent a has.
func (w *watched) may(tools ...string) string {
	agent, err := w.gate.Rules().Agent("a")
	if err != nil {
		return "gone"
	}
	var may []string
	for _, name := range tools {
		if agent.Operation(name).Allowed {
			may = append(may, name)
		}
	}
	return strings.Join(may, " ")
}

const (
	oneTool   = "version: 1\nagents:\n  a: {allow: [list_tags]}\n"
	twoTools  = "version: 1\nagents:\n  a: {allow: [list_tags, get_tag]}\n"
	otherTool = "version: 1\nagents:\n  a: {allow: [get_tag]}\n"
)

// What a changed file removes is in force at the first read, and what it adds once it was unchanged for five seconds.
func TestWatch(t *testing.T) {
	both := []string{"list_tags", "get_tag"}
	t.Run("narrower", func(t *testing.T) {
		watchFile(t, true, twoTools, func(w *watched) {
			w.write(oneTool)
			w.after(readAgain)
			require.Equal(t, "list_tags", w.may(both...))
			require.Len(t, w.records.list(), 1)
			w.after(time.Minute)
			require.Len(t, w.records.list(), 1)
		})
	})
	t.Run("wider", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			w.write(twoTools)
			w.after(readAgain)
			require.Contains(t, w.log.String(), `newly_allows="a gains get_tag (read)"`)
			w.after(settleAfter - time.Second)
			require.Equal(t, "list_tags", w.may(both...))
			require.Empty(t, w.records.list())
			w.after(readAgain)
			require.Equal(t, "list_tags get_tag", w.may(both...))
			require.Len(t, w.records.list(), 1)
		})
	})
	t.Run("another tool", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			w.write(otherTool)
			w.after(readAgain)
			require.Equal(t, "", w.may(both...), "neither what is taken away nor, yet, what is given")
			w.after(settleAfter)
			require.Equal(t, "get_tag", w.may(both...))
			require.Len(t, w.records.list(), 2)
		})
	})
	t.Run("written slowly, in place", func(t *testing.T) {
		whole := "version: 1\nagents:\n  a:\n    allow: [list_tags, get_tag]\n    deny: [get_tag]\n    budget: {writes_per_hour: 9}\n    about: what it is for\n"
		watchFile(t, true, whole, func(w *watched) {
			for i := range len(whole) {
				w.write(whole[:i])
				w.after(700 * time.Millisecond)
				require.NotContains(t, w.may(both...), "get_tag", whole[:i])
			}
			w.write(whole)
			w.after(settleAfter + readAgain)
			require.Equal(t, "list_tags", w.may(both...))
			require.Equal(t, 9, w.gate.Rules().Agents()[0].Budget().WritesPerHour)
		})
	})
	t.Run("written with a pause", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			w.write(twoTools)
			w.after(4 * time.Second)
			w.write(twoTools + "  b: {}\n")
			w.after(4 * time.Second)
			require.Equal(t, "list_tags", w.may(both...), "the time begins again with each change")
			w.after(2 * time.Second)
			require.Equal(t, "list_tags get_tag", w.may(both...))
		})
	})
	t.Run("truncated", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			w.write("")
			w.after(time.Minute)
			require.Equal(t, "list_tags", w.may(both...))
			require.Equal(t, 1, strings.Count(w.log.String(), "cannot be used"), "said once")
			require.Len(t, w.records.list(), 1)
			w.write(oneTool)
			w.after(readAgain)
			require.Contains(t, w.log.String(), "is valid again and in force")
		})
	})
	t.Run("size and time stay", func(t *testing.T) {
		key := func(c string) string {
			return "version: 1\nagents:\n  a: {allow: [list_tags], keys: [{id: a-1, sha256: " + strings.Repeat(c, 64) + "}]}\n"
		}
		watchFile(t, true, key("a"), func(w *watched) {
			info, err := os.Stat(w.path)
			require.NoError(t, err)
			w.write(key("b"))
			require.NoError(t, os.Chtimes(w.path, info.ModTime(), info.ModTime()))
			w.after(readAgain)
			_, ok := w.gate.Rules().Key([32]byte(bytes.Repeat([]byte{0xaa}, 32)), time.Now())
			require.False(t, ok, "a key that was taken out is invalid at once")
			w.after(settleAfter)
			_, ok = w.gate.Rules().Key([32]byte(bytes.Repeat([]byte{0xbb}, 32)), time.Now())
			require.True(t, ok)
		})
	})
	t.Run("renamed over it", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			require.NoError(t, os.WriteFile(w.path+".new", []byte(twoTools), 0o600))
			require.NoError(t, os.Rename(w.path+".new", w.path))
			w.after(settleAfter)
			require.Equal(t, "list_tags", w.may(both...))
			w.after(readAgain)
			require.Equal(t, "list_tags get_tag", w.may(both...))
		})
	})
	t.Run("links are exchanged", func(t *testing.T) { // as Kubernetes does with a ConfigMap
		watchFile(t, true, twoTools, func(w *watched) {
			mountAs(t, w.path, "v1", oneTool)
			w.after(readAgain)
			require.Equal(t, "list_tags", w.may(both...))
			mountAs(t, w.path, "v2", twoTools)
			w.after(settleAfter)
			require.Equal(t, "list_tags", w.may(both...))
			w.after(readAgain)
			require.Equal(t, "list_tags get_tag", w.may(both...))
		})
	})
	t.Run("given back meanwhile", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			w.write(twoTools)
			w.after(3 * time.Second)
			w.write(oneTool)
			w.after(time.Minute)
			require.Equal(t, "list_tags", w.may(both...))
			require.Empty(t, w.records.list())
		})
	})
	t.Run("a folder in its place", func(t *testing.T) {
		watchFile(t, true, oneTool, func(w *watched) {
			require.NoError(t, os.Remove(w.path))
			require.NoError(t, os.Mkdir(w.path, 0o700))
			w.after(time.Minute)
			require.Equal(t, "list_tags", w.may(both...))
			require.Contains(t, w.log.String(), "is not a regular file")
		})
	})
	for _, flag := range []bool{true, false} {
		t.Run(fmt.Sprint("removed, named by the flag: ", flag), func(t *testing.T) {
			watchFile(t, flag, oneTool, func(w *watched) {
				require.NoError(t, os.Remove(w.path))
				w.after(time.Minute)
				require.Equal(t, "list_tags", w.may(both...))
				require.Equal(t, 1, strings.Count(w.log.String(), "cannot be used"))
				require.Len(t, w.gate.Rules().Agents(), 1, "the built-in file is not asked for")
			})
		})
	}
	t.Run("after the end", func(t *testing.T) {
		var w *watched
		watchFile(t, true, twoTools, func(is *watched) { w = is })
		w.write(oneTool)
		require.Equal(t, "list_tags get_tag", w.may(both...))
	})
}

// An edit that removes a limit of an agent logs a warning that says what it newly allows.
func TestWatchWarnsOfRemovedLimits(t *testing.T) {
	const agents = "version: 1\nnames: {queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11}}\nagents:\n  a:\n    access: {conversations: write, tags: read}\n"
	for line, want := range map[string][]string{
		"    deny: [close_conversation]\n":                            {`removed="agents.a.deny close_conversation"`, `newly_allows="a gains close_conversation (write)"`},
		"    only: {queue: [billing]}\n":                              {"removed=agents.a.only.queue", "a may now reach any queue, before only billing"},
		"    confirm: {close_conversation: client}\n":                 {"removed=agents.a.confirm.close_conversation", "who is asked before close_conversation: the client's user → nobody"},
		"    budget: {writes_per_hour: 9}\n":                          {"removed=agents.a.budget.writes_per_hour", "budget writes_per_hour 9 → unbounded"},
		"    arguments: {transfer_conversation.queueId: [billing]}\n": {"removed=agents.a.arguments.transfer_conversation.queueId", "transfer_conversation.queueId always billing → any value"},
	} {
		watchFile(t, true, agents+line, func(w *watched) {
			w.write(agents)
			w.after(settleAfter)
			require.NotContains(t, w.log.String(), "limits were removed")
			w.after(readAgain)
			require.Regexp(t, `level=WARN msg="limits were removed from the capability file"`, w.log.String())
			for _, text := range want {
				require.Contains(t, w.log.String(), text)
			}
		})
	}
}

// Keys that expire within 14 days are in the log once a day.
func TestWatchWarnsOfKeys(t *testing.T) {
	at := func(days int) string { return time.Date(2000, 1, 1+days, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) } // where a bubble's time begins
	text := "version: 1\nagents:\n  a: {allow: [list_tags], keys: [" +
		"{id: soon, expires: " + at(14) + ", sha256: " + strings.Repeat("a", 64) + "}, " +
		"{id: later, expires: " + at(30) + ", sha256: " + strings.Repeat("b", 64) + "}, " +
		"{id: never, sha256: " + strings.Repeat("c", 64) + "}]}\n"
	rules, err := capability.Parse("f", []byte(text))
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token")})
		require.NoError(t, err)
		var log bytes.Buffer
		w := watcher{gate: gate.New(gate.Config{Rules: rules, Client: client}), log: slog.New(slog.NewTextHandler(&log, nil))}
		w.aboutKeys()
		w.aboutKeys()
		require.Equal(t, 1, strings.Count(log.String(), "expires soon"))
		require.Contains(t, log.String(), `agent=a key=soon expires=`+at(14))
		time.Sleep(24 * time.Hour)
		w.aboutKeys()
		require.Equal(t, 2, strings.Count(log.String(), "expires soon"))
		time.Sleep(15 * 24 * time.Hour)
		w.aboutKeys()
		require.Contains(t, log.String(), "key=later")
		require.Equal(t, 3, strings.Count(log.String(), "expires soon"), "not of those that have expired")
		require.NotContains(t, log.String(), "key=never")
	})
}

// mountAs puts a file where path is as a ConfigMap is mounted: path leads to ..data/NAME, and ..data to a folder of this
// version, which is put in the place of the one before at once.
func mountAs(t *testing.T, path, version, text string) {
	t.Helper()
	dir, name := filepath.Split(path)
	require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, version, name), []byte(text), 0o600))
	require.NoError(t, os.Symlink(version, filepath.Join(dir, "..tmp")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return
	}
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink(filepath.Join("..data", name), path))
}
