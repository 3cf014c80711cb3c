package main

import (
	"bytes"
	"context"
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

// A changed file is in force within a second, one that cannot be used is not, and the same one again is no reload.
func TestWatch(t *testing.T) {
	// The first Notify of a process starts a goroutine that never ends, which a bubble would wait for.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)

	const one, two = "version: 1\nagents: {one: {}}", "version: 1\nagents: {two: {}, three: {}}"
	path := filepath.Join(t.TempDir(), "capabilities.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(one)
	synctest.Test(t, func(t *testing.T) {
		f := fileFlag{Capabilities: path}
		rules, _, err := f.load()
		require.NoError(t, err)
		client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token")})
		require.NoError(t, err)
		book := &reloads{}
		g := gate.New(gate.Config{Rules: rules, Client: client, Audit: book})
		in := func(want *capability.Rules, reloads int) {
			t.Helper()
			time.Sleep(lookAgain) // of the bubble's clock
			synctest.Wait()
			require.Equal(t, want.Digest(), g.Rules().Digest())
			require.Len(t, book.list(), reloads)
		}
		first := rules
		write(two) // between the reading and the watching
		second, _, err := f.load()
		require.NoError(t, err)
		var log bytes.Buffer
		stop := f.watch(t.Context(), g, slog.New(slog.NewTextHandler(&log, nil)))
		in(second, 1)
		in(second, 1)
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		require.Contains(t, log.String(), `msg="the capability file is in force" capabilities=`+path+" digest="+second.Digest())
		write("agents: [")
		in(second, 2)
		require.Equal(t, "a changed capability file could not be used; "+second.Digest()+" stays in force", book.list()[1])
		in(second, 2)
		write(two + "\n")
		write(two)
		in(second, 2)
		require.Contains(t, log.String(), `msg="the capability file can be used again, and is the one in force" capabilities=`+path)
		require.NoError(t, os.Remove(path))
		in(second, 3)
		write(one)
		in(first, 4)
		mountAs(t, path, "v1", two) // as Kubernetes does: the path is a link, and a folder behind it is exchanged
		in(second, 5)
		mountAs(t, path, "v2", one)
		in(first, 6)
		require.NoError(t, os.Remove(path))
		in(first, 7)
		stop()
		write(two)
		in(first, 7)
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
