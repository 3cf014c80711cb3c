package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// page makes an answer of n messages of about 600 characters each.
func page(n int, kind, value string) []byte {
	quoted, _ := json.Marshal(value)
	var b bytes.Buffer
	b.WriteString(`{"data":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"22b95893-0514-4606-a5d8-%012d","authorId":"41646d42-edc0-493e-ac7b-814d9ff40a2e",`+
			`"externalId":"%d","createdAt":"2026-03-03T10:15:00.123Z[GMT]","attributes":{"content":{"value":%s,"_type":"%s"},`+
			`"direction":"Inbound","attachments":[],"isAutomated":false,"_type":"ChatAttributes"}}`, i, 10000+i, quoted, kind)
	}
	b.WriteString(`],"meta":{"next":null}}`)
	return b.Bytes()
}

const danish = "Hej, jeg bestilte en vinterjakke for tre uger siden, og den er stadig ikke kommet frem. På sporingssiden står der, " +
	"at pakken blev overdraget til fragtmanden den fjortende, men siden da er der ikke sket noget.\n\nKan I finde ud af, hvor " +
	"den er blevet af, og hvis den er bortkommet, sende mig en ny eller tilbagebetale pengene til mit betalingskort? Jeg vil " +
	"også gerne have ændret leveringsadressen, fordi vi flytter til en ny lejlighed ved månedens udgang.\n\nTak for det hurtige " +
	"svar. Desværre virker rabatkoden ikke, når jeg skal betale; der står, at gavekortet er udløbet.\nVenlig hilsen Anna Holm\n"

func BenchmarkRender(b *testing.B) {
	light := "<div><p>" + strings.ReplaceAll(danish, "\n\n", "</p><p>") + "</p><p><a href=\"https://example.dk/o/1\">Ordre</a></p></div>"
	for _, c := range []struct {
		name string
		body []byte
		form Form
	}{
		{"text", page(25, "Text", danish), AsText},
		{"html", page(25, "Html", light), AsText},
		{"json", page(25, "Text", danish), AsJSON},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Render(b.Context(), c.body, Options{Kind: Messages, Form: c.form})
				if err != nil || strings.Contains(r.Text, "ore:") {
					b.Fatal(err, r.Text)
				}
			}
		})
	}
}
