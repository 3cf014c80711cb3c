package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/browser"
)

// TestPictures takes pictures of every page in both themes and three widths into the directory that PICTURES names.
func TestPictures(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	b := newBed(t)
	number := b.asks("reply", `{"conversationId":1234,"text":"Dear Anna,\n\nthank you for writing. I can see the second payment and have asked our bank to return it.\u200b It takes three to five days.\n\nKind regards,\nBilling"}`)
	b.asks("update_conversation", `{"conversationId":1235,"queue":"returns","note":"Moved, since the customer wants to return it."}`)
	chrome := browser.Start(t)
	for who, key := range map[string]string{"anna": annaKey, "operator": adminKey} {
		tab := b.browse(chrome, key)
		pages := map[string]string{"approvals": "/", "request": "/requests/" + number, "agents": "/agents", "agent": "/agents/replies", "cell": "/agents/replies/conversations", "explain": "/explain?agent=triage&tool=transfer_conversation", "health": "/health"}
		if who == "operator" {
			pages = map[string]string{"agents": "/agents", "agent": "/agents/replies", "request": "/requests/" + number}
		}
		for name, path := range pages {
			for _, theme := range []string{"light", "dark"} {
				for _, width := range []int64{360, 768, 1280} {
					tab.themed(theme)
					require.NoError(t, chromedp.Do(tab.ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(b.URL+path), chromedp.WaitVisible("h1")))
					png, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%d.png", who, name, theme, width)), png, 0o644))
				}
			}
		}
	}
}
