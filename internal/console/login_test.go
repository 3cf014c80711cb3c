package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/admin"
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

// Who signed in, was refused and signed out is recorded, as what happens to sign-ins of agents' people; records find it.
func TestSignInsAreRecorded(t *testing.T) {
	b, _ := withRecords(t, func(c *console.Config) { c.Login = company{} })
	for _, key := range []string{annaKey, evaKey, adminKey} {
		v := b.signIn(key)
		require.Equal(t, http.StatusSeeOther, v.submits("/agents", "/sign-out").StatusCode)
	}
	b.visitor().post("/sign-in", url.Values{"key": {"PLANTED"}})
	link := b.console.Link()
	v := b.visitor()
	require.Equal(t, http.StatusOK, v.get(link).StatusCode)
	require.Equal(t, http.StatusForbidden, b.visitor().get(link).StatusCode)
	b.visitor().get("/sign-in/callback?code=anna.holm@example.com")
	for _, code := range []string{"anna.holm@example.com", "mallory@example.com"} {
		v := b.visitor()
		v.get("/sign-in/company")
		v.get("/sign-in/callback?code=" + code)
	}
	var all []string
	for _, event := range []audit.Event{audit.EventSignIn, audit.EventSignInEnded, audit.EventSignInRefused} {
		for _, r := range b.recorded(event) {
			all = append(all, r.Text)
			require.Equal(t, []any{"console", "", event == audit.EventSignInRefused}, []any{r.Client, r.Agent, r.IsRefusal()}, r.Text)
		}
	}
	operator := admin.MakeKey(adminKey).ID()
	require.Equal(t, []string{
		"anna.holm signed in to the console as approver with key 2c26b46b",
		"eva.lind signed in to the console as auditor with key 21f58d27",
		"the operator signed in to the console as operator with key " + operator,
		"somebody signed in to the console as auditor with a link from this machine",
		"anna.holm signed in to the console as approver with the company's login",
		"anna.holm signed out of the console as approver with key 2c26b46b",
		"eva.lind signed out of the console as auditor with key 21f58d27",
		"the operator signed out of the console as operator with key " + operator,
		"somebody could not sign in to the console: an invalid key, from 192.0.2.7",
		"somebody could not sign in to the console: a link that was used or is too old, from 192.0.2.7",
		"somebody could not sign in to the console: the company's login, from 192.0.2.7",
		"mallory@example.com could not sign in to the console: no approver has this verified e-mail address, from 192.0.2.7",
	}, all)
	reader := b.signIn(evaKey)
	require.Contains(t, reader.get("/records").text(), "anna.holm signed out of the console as approver")
	require.Contains(t, reader.get("/records?person=anna.holm").text(), "anna.holm signed in to the console as approver")
	require.NotContains(t, reader.get("/records?person=anna.holm").text(), "eva.lind signed out")
	require.Contains(t, reader.get("/records?only=refused").text(), "an invalid key, from 192.0.2.7")

	for range 100 { // what anybody can cause is not recorded without end
		b.visitor().get(link)
	}
	require.Less(t, len(b.recorded(audit.EventSignInRefused)), 50)
	require.NotContains(t, b.log.String(), "PLANTED")

	b.refuse = errors.New("disk full")
	require.Equal(t, http.StatusOK, b.signIn(annaKey).get("/health").StatusCode, "people see what is wrong")
	require.Contains(t, b.log.String(), "a sign-in to the console could not be recorded")
}
