// Package browser runs a headless Chromium for tests.
package browser

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// limit is how long a tab may be used before what waits in it fails.
const limit = 10 * time.Minute

// patience is how long a Chromium may take to end when it is asked to.
const patience = 30 * time.Second

// Browser is a Chromium with a profile of its own.
type Browser struct{ ctx context.Context }

// Start starts a Chromium, which ends with the test. Where there is none on this machine the test is skipped, except in CI.
func Start(t testing.TB) *Browser {
	t.Helper()
	program := find(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-dev-shm-usage", true), // which is small in containers
		chromedp.Flag("no-proxy-server", true),
		chromedp.WSURLReadTimeout(limit), // for loaded machines
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium does not start otherwise
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = chromedp.Cancel(ctx) // which waits for the process
		}()
		select {
		case <-ended:
		case <-time.After(patience): // it is killed below
		}
		closeBrowser()
		end()
	})
	require.NoError(t, chromedp.Do(ctx), "start %s", program)
	return &Browser{ctx}
}

// find returns the path of Chromium.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no chromium on this machine: install the package chromium to run this test"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// Tab opens a tab for [chromedp.Run] and [chromedp.Do], which closes with the test. It shares no cookies and no storage with other tabs.
func (b *Browser) Tab(t testing.TB) context.Context {
	t.Helper()
	tab, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	require.NoError(t, chromedp.Do(tab))
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(tab, limit)
	t.Cleanup(cancel)
	return ctx
}
