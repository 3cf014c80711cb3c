package view

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tiktoken-go/tokenizer"
)

// samples are what answers are made of.
func samples(t *testing.T) map[string]string {
	random := rand.New(rand.NewPCG(1, 2))
	var ids, hex strings.Builder
	for range 200 {
		a, b := random.Uint64(), random.Uint64()
		fmt.Fprintf(&ids, `"%08x-%04x-%04x-%04x-%012x",`, a>>32, a>>16&0xFFFF, a&0xFFFF, b>>48, b&0xFFFFFFFFFFFF)
		fmt.Fprintf(&hex, "%016x%016x ", a, b)
	}
	body, err := os.ReadFile("testdata/messages.json")
	require.NoError(t, err)
	r, err := Render(t.Context(), body, Options{Kind: Messages})
	require.NoError(t, err)
	return map[string]string{
		"json":           r.Text,
		"raw json":       string(body),
		"uuids":          ids.String(),
		"hex":            hex.String(),
		"danish":         danish,
		"danish in json": string(appendString(nil, danish)),
		"english": "Hello, I ordered a winter jacket three weeks ago and it has still not arrived. The tracking page says that the parcel " +
			"was handed over to the carrier, but nothing has happened since. Could you please find out where it is?",
		"german": "Guten Tag, ich habe vor drei Wochen eine Winterjacke bestellt, und sie ist immer noch nicht angekommen. Laut " +
			"Sendungsverfolgung wurde das Paket am vierzehnten an den Zusteller übergeben. Gemäß Ihren Rückgabebedingungen sollte ich " +
			"sie innerhalb von dreißig Tagen kostenlos umtauschen können, das Rücksendeetikett fehlte jedoch im Karton.",
		"swedish": "Hej, jag beställde en vinterjacka för tre veckor sedan och den har fortfarande inte kommit fram. På spårningssidan står " +
			"det att paketet lämnades över till fraktbolaget den fjortonde, men sedan dess har ingenting hänt.",
		"japanese": "お世話になっております。先週注文した冬用ジャケットがまだ届いていません。追跡ページによると、14日に配送業者に引き渡されたとのことですが、" +
			"それ以降更新がありません。紛失した場合は、代替品を送っていただくか、クレジットカードに返金をお願いいたします。",
		"polish":  "Dzień dobry, trzy tygodnie temu zamówiłem kurtkę zimową, która nadal nie dotarła. Na stronie śledzenia widnieje informacja, że paczka została przekazana kurierowi czternastego.",
		"russian": "Здравствуйте, три недели назад я заказал зимнюю куртку, но она до сих пор не пришла.",
		"chinese": "您好，我三周前订购了一件冬季夹克，但至今仍未收到。物流页面显示包裹已于十四日交给承运商。",
		"html": `<div style="font-family:Arial,sans-serif;font-size:14px;color:#333333"><p class="MsoNormal">Hej Support,<o:p></o:p></p><p>` +
			`<a href="https://www.nordiskhus.dk/ordre/88213?utm_source=mail&amp;utm_medium=email">Se din ordre her</a></p><table border="0" ` +
			`cellpadding="0" cellspacing="0" width="100%"><tr><td align="left" valign="top">Vare</td><td>Pris</td></tr></table></div>`,
		"page key": `"nextPageKey":"cGFnZUxpbWl0PTUwJnBhZ2U9MSZhZnRlcj0xNzQwOTk4NzkxMjM0JmlkPTQxNjQ2ZDQyLWVkYzAtNDkzZS1hYzdi"`,
	}
}

func TestEstimateTokens(t *testing.T) {
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	require.NoError(t, err)
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			ids, _, err := codec.Encode(s)
			require.NoError(t, err)
			ratio := float64(EstimateTokens(s)) / float64(len(ids))
			t.Logf("%d tokens, estimate %+.1f %%", len(ids), 100*(ratio-1))
			require.GreaterOrEqual(t, ratio, 0.95, "estimate %d for %d tokens", EstimateTokens(s), len(ids))
			require.LessOrEqual(t, ratio, 1.60, "estimate %d for %d tokens", EstimateTokens(s), len(ids))
		})
	}
	require.Zero(t, EstimateTokens(""))
}

// However a text arrives in pieces, its price is the same.
func FuzzMeter(f *testing.F) {
	f.Add(danish, 7)
	f.Add(strings.Repeat("ABC def 123 ", 40), 100)
	f.Fuzz(func(t *testing.T, s string, at int) {
		at = min(max(at, 0), len(s))
		var whole, pieces, bytewise meter
		whole.add([]byte(s))
		pieces.add([]byte(s[:at]))
		pieces.add([]byte(s[at:]))
		for i := range len(s) {
			bytewise.add([]byte{s[i]})
		}
		require.Equal(t, whole, pieces)
		require.Equal(t, whole, bytewise)
		require.Equal(t, whole.tokens(), EstimateTokens(s))
	})
}
