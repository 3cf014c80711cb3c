package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuotedHistory(t *testing.T) {
	old := strings.TrimSpace(strings.Repeat("Ord og ord. ", 20)) // 239 characters
	const mark = "[earlier message quoted: 239 characters]"
	for _, c := range []struct{ name, in, want string }{
		{"gmail", `<div>Tak</div><div class="gmail_quote"><blockquote>` + old + `</blockquote></div>`, "Tak\n" + mark},
		{"apple", `<div>Tak</div><div>On 3 Mar 2025, at 10:04, X &lt;x@y.example&gt; wrote:</div><br><blockquote type="cite">` + old + `</blockquote>`,
			"Tak\nOn 3 Mar 2025, at 10:04, X <x@y.example> wrote:\n\n" + mark},
		{"signature stays", `Tak<blockquote>` + old + `</blockquote><p>-- <br>Søren</p>`, "Tak\n" + mark + "\n\n--\nSøren"},
		{"short quotation stays", `<p>Ja</p><blockquote>Passer str. M?</blockquote><p>Nej</p>`, "Ja\n\n> Passer str. M?\n\nNej"},
		{"nothing but a quotation", `<blockquote>` + old + `</blockquote>`, old},
		{"nothing but an attribution", `<p>Den 3. marts 2025 kl. 10 skrev X:</p><blockquote>` + old + `</blockquote>`, "Den 3. marts 2025 kl. 10 skrev X:\n\n" + old},
		{"gmail forward", `FYI<div class="gmail_quote">---------- Forwarded message ---------<br>From: X<br>Date: Y<br><br>` + old + `</div>`,
			"FYI\n---------- Forwarded message ---------\nFrom: X\nDate: Y\n\n" + old},
		{"apple forward", `FYI<div>Begin forwarded message:</div><blockquote type="cite">` + old + `</blockquote>`, "FYI\nBegin forwarded message:\n> " + old},
		{"outlook", `<p>Tak</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>Fra:</b> X<br><b>Sendt:</b> 3. marts<br><b>Til:</b> Y</p></div><p class=MsoNormal>` + old + `</p>`,
			"Tak\n\n[earlier message quoted: 269 characters]"},
		{"divider", "Tak\n\n-----Original Message-----\n" + old, "Tak\n\n[earlier message quoted: 266 characters]"},
		{"underscores", "Tak\n________________________________\nFrom: X\nSent: Y\n" + old, "Tak\n[earlier message quoted: 288 characters]"},
		{"lines behind >", "Tak\n\n> " + old + "\n>\n> mere\n\nHilsen", "Tak\n\n[earlier message quoted: 250 characters]\n\nHilsen"},
		{"short line behind >", "> Passer str. M?\nNej", "> Passer str. M?\nNej"},
		{"wrote and no sign", "Tak\nAm 03.03.2025 um 10:04 schrieb X:\n" + old, "Tak\nAm 03.03.2025 um 10:04 schrieb X:\n" + mark},
		{"people write so too", "As you wrote:\n" + old, "As you wrote:\n" + old},
		{"people write from", "From: here to there\nit is far\n" + old, "From: here to there\nit is far\n" + old},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Text(c.in))
		})
	}
}
