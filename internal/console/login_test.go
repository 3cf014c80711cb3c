package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
)

// company is a login that says who somebody is by the code.
type company struct{}

func (company) Begin(context.Context) (address, kept string, err error) {
	return "https://login.example.com/?state=s", "kept", nil
}

func (company) Finish(_ context.Context, kept string, q url.Values) (identity.Person, error) {
	if kept != "kept" {
		return identity.Person{}, errors.New("another browser")
	}
	return identity.Person{Issuer: "https://login.example.com", Subject: "1", Email: q.Get("code")}, nil
}

// Approvers sign in with the company's login by the address that the file has for them, and decide as themselves.
func TestCompanyLogin(t *testing.T) {
	b := newBed(t, func(c *console.Config) { c.Login = company{} })
	number := b.asks("reply", text)

	v := b.visitor()
	require.Contains(t, v.get("/").body, `href="/sign-in/company"`)
	begun := v.get("/sign-in/company")
	require.Equal(t, "https://login.example.com/?state=s", begun.Header.Get("Location"))
	require.Equal(t, []any{"dixa-mcp-console-login", true, http.SameSiteLaxMode}, []any{v.cookies[0].Name, v.cookies[0].HttpOnly, v.cookies[0].SameSite})
	require.Equal(t, http.StatusForbidden, b.visitor().get("/sign-in/callback?code=anna.holm@example.com").StatusCode, "another browser")

	require.Equal(t, http.StatusOK, v.get("/sign-in/callback?code=anna.holm@example.com").StatusCode)
	require.Len(t, v.cookies, 1)
	require.Equal(t, "dixa-mcp-console", v.cookies[0].Name)
	require.Contains(t, v.get("/").body, `anna.holm<span class="role">, approver</span>`)
	require.Equal(t, http.StatusSeeOther, v.submits("/requests/"+number, "/requests/"+number+"/approve").StatusCode)
	record := b.recorded(audit.EventApproved)
	require.Len(t, record, 1)
	require.Equal(t, "anna.holm", record[0].Approver)
	require.Regexp(t, `^sign-in-[0-9a-f]{8}$`, record[0].ApproverKey)
	said := b.gate.Call(t.Context(), gate.Request{Agent: "replies", Tool: "reply", Arguments: []byte(text)})
	require.Equal(t, approval.Done, b.state(number), "the approval holds: %s", said.Text)

	b.govern(strings.NewReplacer("EXPIRES", "2099-01-01", "email: Anna.Holm@example.com, ", "").Replace(file))
	require.Contains(t, v.get("/").text(), "Your key is no longer in the capability file", "the file no longer has the address")

	for _, who := range []string{"stranger@example.com", ""} {
		v = b.visitor()
		v.get("/sign-in/company")
		require.Equal(t, http.StatusForbidden, v.get("/sign-in/callback?code="+who).StatusCode, who)
		require.Empty(t, v.cookies)
	}
	secure := newBed(t, func(c *console.Config) { c.Login, c.HTTPS = company{}, true }).visitor()
	secure.get("/sign-in/company")
	require.Equal(t, []any{"__Host-dixa-mcp-console-login", true}, []any{secure.cookies[0].Name, secure.cookies[0].Secure})
	require.Equal(t, http.StatusNotFound, newBed(t).visitor().get("/sign-in/company").StatusCode)
}
