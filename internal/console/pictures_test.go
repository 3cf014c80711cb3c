package console_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/browser"
)

// picture takes a picture of what a tab shows, as small as it can be without loss.
func (t *tab) picture(whole bool) []byte {
	t.Helper()
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	taken, err := chromedp.Run(t.ctx, take)
	require.NoError(t, err)
	decoded, err := png.Decode(bytes.NewReader(taken))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few(decoded)))
	return b.Bytes()
}

// few returns a picture with at most 256 colours, which takes a fraction of the bytes.
func few(from image.Image) image.Image {
	counts, rounded := map[color.Color]int{}, func(c color.Color) color.Color {
		r, g, b, _ := c.RGBA()
		return color.RGBA{uint8(r>>8) | 3, uint8(g>>8) | 3, uint8(b>>8) | 3, 255}
	}
	size := from.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			counts[rounded(from.At(x, y))]++
		}
	}
	palette := color.Palette(slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] }))
	to := image.NewPaletted(size, palette[:min(len(palette), 256)])
	index := map[color.Color]uint8{}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			c := rounded(from.At(x, y))
			if _, known := index[c]; !known {
				index[c] = uint8(to.Palette.Index(c))
			}
			to.SetColorIndex(x, y, index[c])
		}
	}
	return to
}

// TestPictures takes the pictures of docs/console.md with DOCS_PICTURES=1. PICTURES=DIR writes every page in both themes and three
// widths into a directory, to look at.
func TestPictures(t *testing.T) {
	dir, docs := os.Getenv("PICTURES"), os.Getenv("DOCS_PICTURES") != ""
	if dir == "" && !docs {
		return
	}
	b, _ := withRecords(t)
	for range 4 {
		b.calls()
	}
	number := b.asksAs("desk", "reply", `{"conversationId":1234,"text":"Dear Emma,\n\nI have checked with our finance team: the second payment of £84.90 was returned this morning. It takes three to five working days until your bank shows it.\n\nKind regards,\nHavbris Billing"}`)
	b.asks("update_conversation", `{"conversationId":1236,"queue":"returns"}`)
	b.asks("reply", `{"conversationId":1237,"text":"Hello,\u200b your parcel left our warehouse today."}`)
	denied := b.asks("reply", `{"conversationId":1238,"text":"We cannot help you."}`)
	b.signIn(annaKey).submits("/requests/"+denied, "/requests/"+denied+"/deny", "reason", "Ask for the order number first.")
	chrome := browser.Start(t)
	if docs {
		docsPictures(b, chrome, number)
		return
	}
	for name, path := range map[string]string{"sign-in": "", "approvals": "/", "request": "/requests/" + number, "agents": "/agents", "agent": "/agents/replies", "cell": "/agents/replies/conversations", "explain": "/explain?agent=triage&tool=transfer_conversation", "health": "/health", "charts": "/charts?span=hour", "records": "/records"} {
		tab := b.tab(chrome)
		if path != "" {
			tab = b.browse(chrome, annaKey)
		}
		tab.page(path)
		for _, theme := range []string{"light", "dark"} {
			tab.themed(theme)
			for _, width := range []int64{360, 768, 1280} {
				tab.do(chromedp.EmulateViewport(width, 800))
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, theme, width)), tab.picture(true), 0o644))
			}
		}
	}
}

func docsPictures(b *bed, chrome *browser.Browser, number string) {
	b.Helper()
	tab := b.browse(chrome, annaKey)
	for _, p := range []struct {
		name, path, theme string
		height            int64
		before            string // a script
	}{
		{"approvals", "/", "light", 560, ""},
		{"call", "/requests/" + number, "light", 820, "document.querySelector('.proposed').scrollIntoView({block: 'center'}), true"},
		{"agents", "/agents", "dark", 480, ""},
		{"agent", "/agents/replies", "light", 760, ""},
		{"charts", "/charts?span=hour", "light", 760, ""},
	} {
		tab.themed(p.theme)
		tab.do(chromedp.EmulateViewport(1080, p.height))
		tab.page(p.path)
		if p.before != "" {
			evaluate[bool](tab, p.before)
		}
		require.NoError(b, os.WriteFile(filepath.Join("../../docs/console", p.name+".png"), tab.picture(false), 0o644))
	}
}
