package dixaclient

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Whatever stands between may repeat the Authorization header: in an error or in an answer, the token goes no further.
func TestTokenIsInNoAnswer(t *testing.T) {
	for _, status := range []int{200, 400, 500} {
		synctest.Test(t, func(t *testing.T) {
			c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"message":"you sent ` + r.Header.Get("Authorization") + `","data":{"subject":"` + r.Header.Get("Authorization") + `"}}`))
			})
			c.tokens[0].source = StaticToken("a-secret-token-of-some-length")
			a, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			if status == 200 {
				require.NoError(t, err)
				require.Equal(t, "[redacted]", a.Value.Subject)
				require.NotContains(t, string(a.Raw), "a-secret")
				return
			}
			require.ErrorContains(t, err, "you sent [redacted]")
			require.NotContains(t, err.Error(), "a-secret")
		})
	}
}

const echoed = "eyJhbGci.Oi/J9+a-secret_token~42"

// forms are those in which something in between may repeat the token, as they are inside a JSON string.
func forms() map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(echoed) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	base64Of := func(e *base64.Encoding, before, after string) string {
		return e.EncodeToString([]byte(before + echoed + after))
	}
	named := strings.NewReplacer("+", "&plus;", "/", "&sol;", ".", "&period;", "_", "&lowbar;", "=", "&equals;")
	all := map[string]string{
		"as it is": echoed, "upper case": strings.ToUpper(echoed), "lower case": strings.ToLower(echoed),
		"JSON": each(`\u%04x`), "JSON, upper case": each(`\u%04X`), "JSON twice": each(`\\u%04x`), "slashes": strings.ReplaceAll(echoed, "/", `\/`), "slashes twice": strings.ReplaceAll(echoed, "/", `\\\/`),
		"some of JSON": strings.NewReplacer("+", `\u002b`, "/", `\u002F`).Replace(echoed), "hexadecimal escapes": each(`\\x%02x`),
		"URL": each("%%%02X"), "URL, lower case": each("%%%02x"), "URL twice": each("%%25%02X"), "URL in JSON": each(`\u0025%02x`),
		"query": strings.NewReplacer("/", "%2F", "+", "%2B").Replace(echoed),
		"HTML":  each("&#%d;"), "HTML, hexadecimal": each("&#x%x;"), "HTML, upper case": each("&#X%04X;"), "HTML twice": each("&amp;#%d;"), "HTML in JSON": each(`\u0026#%d;`),
		"HTML, named": named.Replace(echoed), "HTML, named twice": strings.ReplaceAll(named.Replace(echoed), "&", "&amp;"), "HTML, named in JSON": strings.ReplaceAll(named.Replace(echoed), "&", `\u0026`),
		"hexadecimal": hex.EncodeToString([]byte(echoed)),
	}
	for i := range 3 { // among others as they are
		for name, form := range map[string]string{"URL": "%%%02x", "HTML": "&#%d;", "JSON": `\u%04x`} {
			all[fmt.Sprintf("character %d as in %s", i, name)] = echoed[:i] + fmt.Sprintf(form, echoed[i]) + echoed[i+1:]
		}
	}
	for name, e := range map[string]*base64.Encoding{"std": base64.StdEncoding, "raw": base64.RawStdEncoding, "url": base64.URLEncoding, "raw url": base64.RawURLEncoding} {
		for _, before := range []string{"", "Bearer ", "bearer:", "u:", "x"} {
			for _, after := range []string{"", "\n", ":x", "xyz"} {
				text := base64Of(e, before, after)
				all[fmt.Sprintf("Base64 %s %q %q", name, before, after)] = text
				all[fmt.Sprintf("Base64 %s %q %q in JSON", name, before, after)] = strings.ReplaceAll(text, "/", `\/`)
				all[fmt.Sprintf("Base64 %s %q %q in a URL", name, before, after)] = strings.NewReplacer("/", "%2F", "+", "%2b").Replace(text)
			}
		}
	}
	return all
}

func TestTokenIsFoundInEveryForm(t *testing.T) {
	r := newRedactor(echoed)
	for name, form := range forms() {
		for _, before := range []string{"", "you sent ", `\n`, `\u00e6`, `\\`, `a\"`} {
			text := `{"message":"` + before + form + ` and no more"}`
			got := string(r.redact([]byte(text)))
			require.Contains(t, got, redactedText, name)
			require.Less(t, len(got), len(before)+60, "%s: %s", name, got)
			require.True(t, json.Valid([]byte(got)), "%s: %s", name, got)
		}
	}
	for _, text := range []string{"", `\`, "%", "&", "&#", "&#x", "%4", `\u00`, `\u004`, echoed[:len(echoed)-1], "no token here %41 &#65; \\u0041"} {
		require.Equal(t, text, string(r.redact([]byte(text))))
	}
}

// In an answer, an error, a header or a row: the token goes no further in any form.
func TestTokenIsInNothingThatIsShown(t *testing.T) {
	for name, form := range forms() {
		for _, status := range []int{200, 400} {
			synctest.Test(t, func(t *testing.T) {
				c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header()["X-Request-Id"], w.Header()["Content-Type"] = []string{"id " + form}, []string{"text/" + form}
					w.WriteHeader(status)
					_, _ = w.Write([]byte(`{"message":"sent ` + form + `","data":{"subject":"sent ` + form + `"}}`))
				})
				c.tokens[0].source = StaticToken(echoed)
				var id string
				a, err := GetConversation.Do(t.Context(), c.With(func(ctx context.Context, call *Call, next func(context.Context) error) error {
					err := next(ctx)
					id = call.RequestID
					return err
				}), GetConversationIn{ConversationRef{1}})
				require.Contains(t, id, redactedText, name)
				if status == 200 {
					require.NoError(t, err)
					require.Contains(t, a.Value.Subject, redactedText, name)
					return
				}
				require.ErrorContains(t, err, redactedText, name)
			})
		}
	}
	synctest.Test(t, func(t *testing.T) { // no JSON, of a type that the error names
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/"+echoed)
			_, _ = w.Write([]byte("<html>"))
		})
		c.tokens[0].source = StaticToken(echoed)
		_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
		require.ErrorContains(t, err, redactedText)
		require.NotContains(t, err.Error(), echoed)
	})
	k := &core{tokens: newTokens([]TokenSource{StaticToken(echoed)})}
	_, err := k.tokens[0].read()
	require.NoError(t, err)
	e := &Error{Op: GetConversation.Spec, Err: fmt.Errorf("malformed %q: %w", echoed, context.Canceled)}
	k.errorWithoutTokens(e)
	require.NotContains(t, e.Error(), echoed)
	require.True(t, errors.Is(e, context.Canceled))
}

// A row of a stream is redacted as it comes, and the row behind it is whole.
func TestTokenIsInNoRow(t *testing.T) {
	for name, form := range forms() {
		synctest.Test(t, func(t *testing.T) {
			c := streamClient(t, send(`[{"subject":"sent `+form+`"},{"subject":"Hello"}]`))
			c.tokens[0].source = StaticToken(echoed)
			var rows []string
			for row, err := range ExportConversations.Stream(t.Context(), c, someIDs) {
				require.NoError(t, err)
				rows = append(rows, string(row))
			}
			require.Len(t, rows, 2, name)
			require.Contains(t, rows[0], redactedText, name)
			require.True(t, json.Valid([]byte(rows[0])), rows[0])
			require.Equal(t, `{"subject":"Hello"}`, rows[1], name)
		})
	}
}

// BenchmarkRedact is a large answer without the token.
func BenchmarkRedact(b *testing.B) {
	text := []byte(strings.Repeat(`{"id":"0b5d2f7e","message":"Hello, eyes \u00e6 on <b>50%</b> &amp; more: https:\/\/example.org\n"},`, 100_000))
	r := newRedactor(echoed)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.redact(text)
	}
}

// A token that is too short or has nothing but backslashes is looked for without a panic.
func TestRedactorTakesAnyToken(t *testing.T) {
	for _, token := range []string{"x", "xy", "1234567", `\`, `\\\\\\\\`, `\\\\\\\\\\`, "12345678"} {
		r := newRedactor(token)
		for _, text := range []string{"", "x", "a text with x and 12345678 in it", strings.Repeat(`\`, 20)} {
			out := string(r.redact([]byte(text)))
			if len(token) >= shortestRedacted {
				require.NotContains(t, out, token, "%q", token)
			} else {
				require.Equal(t, text, out)
			}
		}
	}
}
