package interop

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var inspectorAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+\?MCP_INSPECTOR_API_TOKEN=\w+`)

// inspectorWeb signs in with MCP Inspector's pages, lists tools and calls one.
func (c *company) inspectorWeb(t *testing.T) {
	home := t.TempDir()
	_, port, _ := strings.Cut(free(t), ":")
	_, sandbox, _ := strings.Cut(free(t), ":")
	a := c.run(t, home, []string{"CLIENT_PORT=" + port, "MCP_SANDBOX_PORT=" + sandbox, "MCP_AUTO_OPEN_ENABLED=false", "MCP_STORAGE_DIR=" + filepath.Join(home, "inspector")},
		inspector, "--web", "--transport", "http", "--server-url", c.server+"/mcp/helper")
	at := ""
	for at == "" {
		at = inspectorAt.FindString(a.line())
	}
	tab := c.browser.Tab(t)
	require.NoError(t, chromedp.Do(tab, chromedp.EmulateViewport(1400, 1000), chromedp.Navigate(at)))
	_, err := chromedp.Run(tab, chromedp.Poll[bool]("(x => x && (x.click(), true))(document.querySelector(`input[aria-label^=\"Connect or disconnect\"]`))"))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(tab,
		chromedp.SendKeys(chromedp.CSS("#account"), "anna"),
		chromedp.Click(chromedp.CSS("#login")),
		chromedp.Click(chromedp.CSS("button.allow"))))
	require.NoError(t, chromedp.Do(tab, chromedp.WaitReady(chromedp.CSS("input[value=Tools]"))))
	_, err = chromedp.Run(tab, chromedp.Poll[bool](`document.querySelector("input[value=Tools]").click() || [...document.querySelectorAll("p")].some(p => p.textContent === "get_conversation")`))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(tab,
		chromedp.Click(chromedp.Search(`//p[.="get_conversation"]`)),
		chromedp.SendKeys(chromedp.Search(`//label[starts-with(., "conversationId")]/..//input`), "1234"),
		chromedp.Click(chromedp.Search(`//button[.="Execute Tool"]`)),
		chromedp.WaitVisible(chromedp.Search(`//*[contains(text(), "Conversation 1234 ")]`))))
}
