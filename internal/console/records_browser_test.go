package console_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/test/browser"
)

// firstRecord returns the address of the newest record.
func (v *visitor) firstRecord() string {
	v.Helper()
	_, rest, ok := strings.Cut(v.get("/records").body, `href="/records/`)
	require.True(v, ok)
	return "/records/" + rest[:strings.IndexByte(rest, '"')]
}

// New calls appear on the page of records by themselves, as sentences, and people search and export there.
func TestBrowserRecords(t *testing.T) {
	chrome := browser.Start(t)
	b, _ := withRecords(t)
	eva := b.browse(chrome, evaKey)
	eva.page("/records")
	require.NotContains(t, eva.text(), "triage tagged")
	b.calls()
	eva.do(chromedp.WaitVisible(`//a[contains(., "triage tagged conversation 1234")]`))
	require.Contains(t, eva.text(), "triage tagged conversation 1234")
	eva.do(chromedp.SendKeys(chromedp.CSS("#agent"), "reader\r"), chromedp.WaitVisible(chromedp.CSS(`a[href="/records"]:not(nav a)`)))
	require.NotContains(t, eva.text(), "triage tagged")
	eva.do(chromedp.Click(chromedp.CSS(".log a")), chromedp.WaitVisible(chromedp.CSS("aside")))
	require.Contains(t, eva.text(), "capabilities.yaml:")
	script := axe(t)
	for _, path := range []string{"/charts", "/charts?span=week&agent=reader", "/records", "/records?agent=nobody", "/records?since=x", b.signIn(evaKey).firstRecord()} {
		eva.hasNoBarriers(path, script)
	}
}

// While 500 calls a second are recorded, the page of records answers, and holds no more than its newest lines.
func TestBrowserManyRecords(t *testing.T) {
	chrome := browser.Start(t)
	b, log := withRecords(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			for range 10 {
				n++
				if err := log.Write(context.Background(), audit.Record{Event: audit.EventRead, Agent: "triage", Tool: "get_tag", Text: fmt.Sprintf("triage read tag %d", n)}); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	eva := b.browse(chrome, evaKey)
	eva.page("/records")
	eva.do(chromedp.WaitVisible(chromedp.CSS(".log")))
	seen := map[string]bool{}
	for len(seen) < 3 { // the page brings newer ones by itself
		first := evaluate[string](eva, `document.querySelector(".log a").textContent`)
		seen[first] = true
		require.LessOrEqual(t, evaluate[int](eva, `document.querySelectorAll(".log a").length`), 50)
		_, err := chromedp.Run(eva.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`new Promise(done => { const look = () => document.querySelector(".log a").textContent !== %s ? done(true) : setTimeout(look, 50); look(); })`, quote(first)), chromedp.EvalAwaitPromise))
		require.NoError(t, err)
	}
	stop()
	require.NoError(t, <-done)
}

// TestPicturesOfRecords takes pictures of the pages of records into the directory that PICTURES names.
func TestPicturesOfRecords(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	b, log := withRecords(t)
	b.week(log)
	b.calls()
	b.asks("reply", text)
	eva := b.browse(browser.Start(t), evaKey)
	v := b.signIn(evaKey)
	for name, path := range map[string]string{"records": "/records", "record": v.firstRecord(), "none": "/records?agent=nobody", "charts": "/charts?span=week", "day": "/charts"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 768, 1280} {
				eva.themed(theme)
				eva.do(chromedp.EmulateViewport(width, 800))
				eva.page(path)
				png, err := chromedp.Run(eva.ctx, chromedp.FullScreenshot(100))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("eva-%s-%s-%d.png", name, theme, width)), png, 0o644))
			}
		}
	}
}
