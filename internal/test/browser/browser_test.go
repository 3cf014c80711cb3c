package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/browser"
)

// A tab shows pages and keeps cookies, and other tabs have none of them.
func TestTab(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, err := r.Cookie("seen")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/"})
		fmt.Fprintf(w, "<title>page</title><p id=seen>%t", err == nil && seen.Value == "yes")
	}))
	defer server.Close()
	b := browser.Start(t)
	first, second := b.Tab(t), b.Tab(t)
	for _, visit := range []struct {
		tab  context.Context
		seen string
	}{{first, "false"}, {first, "true"}, {second, "false"}} {
		require.NoError(t, chromedp.Do(visit.tab, chromedp.Navigate(server.URL)))
		text, err := chromedp.Run(visit.tab, chromedp.Text(chromedp.CSS("#seen")))
		require.NoError(t, err)
		require.Equal(t, visit.seen, text)
	}
}
