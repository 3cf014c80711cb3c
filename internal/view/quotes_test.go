package view

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// said is one message of a conversation; HTML if it has a tag in it.
type said struct{ from, text string }

// conversation renders messages as list_messages does, and gives their texts.
func conversation(t *testing.T, skip int, messages ...said) []string {
	t.Helper()
	var list []any
	for i, m := range messages {
		kind := "Text"
		if strings.Contains(m.text, "</") || strings.Contains(m.text, "<br>") {
			kind = "Html"
		}
		direction := map[string]string{"customer": "Inbound", "agent": "Outbound"}[m.from]
		list = append(list, map[string]any{"id": fmt.Sprint(i), "attributes": map[string]any{
			"_type": "EmailAttributes", "direction": direction,
			"emailContent": map[string]any{"_type": "Regular", "content": map[string]any{"_type": kind, "value": m.text}},
		}})
	}
	body, err := json.Marshal(map[string]any{"data": list})
	require.NoError(t, err)
	r, err := Render(t.Context(), body, Options{Kind: Messages, Skip: skip, SkipArg: true, MaxTokens: 1 << 30})
	require.NoError(t, err)
	var answer struct{ Items []struct{ Text string } }
	require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
	var texts []string
	for _, item := range answer.Items {
		texts = append(texts, item.Text)
	}
	return texts
}

// The mails that were reported: what must be, and must not be, in the text that an agent gets.
func TestReportedMails(t *testing.T) {
	table, err := os.ReadFile("testdata/mail/expected.tsv")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	require.NotEmpty(t, lines)
	for _, earlier := range []string{
		"Dear Anna, what is your order number?", "Dear Anna,\n\nwhat is your order number?\n\nKind regards, Support",
		"<p>Dear Anna,</p><p>what is your order number?</p>", "<div>Dear Anna,</div><div><br></div><div>what is your order number?</div>",
	} {
		for _, line := range lines {
			columns := append(strings.Split(line, "\t"), "")
			raw, err := os.ReadFile("testdata/mail/" + columns[0])
			if os.IsNotExist(err) {
				continue // the very long ones
			}
			require.NoError(t, err)
			t.Run(columns[0], func(t *testing.T) {
				text := conversation(t, 0, said{"agent", earlier}, said{"customer", string(raw)})[1]
				switch columns[0] {
				case "011-darkmode-white-nobg.html":
					require.Contains(t, text, allHidden)
					require.Contains(t, text, "(hidden?) Hello, my parcel has not arrived.")
					return
				case "026-zwnj-persian-emoji.txt":
					require.Equal(t, strings.TrimSpace(string(raw)), text)
					return
				}
				for want := range strings.SplitSeq(columns[1], "|") {
					require.Contains(t, text, want)
				}
				if columns[2] != "" {
					require.NotContains(t, text, columns[2])
					require.Contains(t, text, "[quotes #1]")
				}
			})
		}
	}
}

const agentMail = `<p>Dear Anna,</p><p>thank you for your message about order HB-204518.</p><p>Could you send us a photo of the zip?</p><p>Kind regards<br>Mark, Havbris</p>`

const agentLines = "Dear Anna,\n\nthank you for your message about order HB-204518.\n\nCould you send us a photo of the zip?\n\nKind regards\nMark, Havbris"

// quoted puts > in front of every line.
func quoted(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

// wrapped breaks lines as mail programs do that quote plain text.
func wrapped(s string, width int) string {
	var out, line string
	for word := range strings.FieldsSeq(s) {
		if len(line)+len(word) > width {
			out, line = out+line+"\n", ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return out + line
}

// What is marked as a quotation, and was said in an earlier message, becomes a reference to it.
func TestQuotedHistory(t *testing.T) {
	long := strings.Repeat("We looked into your case, spoke with the warehouse in Odense, and found the parcel there. ", 4)
	for _, c := range []struct{ name, earlier, in, want string }{
		{"gmail, above", agentMail, `<div dir="ltr">Here it is.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 2 Mar 2026 at 10:04, Mark &lt;<a href="mailto:a@b.example">a@b.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote">` + agentMail + `</blockquote></div>`,
			"Here it is.\n\nOn Mon, 2 Mar 2026 at 10:04, Mark <a@b.example> wrote:\n\n[quotes #1]"},
		{"gmail, below", agentMail, `<div class="gmail_quote"><div class="gmail_attr">Den man. 2. mar. 2026 kl. 10.04 skrev Mark:</div><blockquote class="gmail_quote">` + agentMail + `</blockquote></div><div>Her er det.</div>`,
			"Den man. 2. mar. 2026 kl. 10.04 skrev Mark:\n\n[quotes #1]\n\nHer er det."},
		{"apple", agentMail, `<div>Ja</div><div><blockquote type="cite"><div>On 2 Mar 2026, at 10:04, Mark wrote:</div><br><div>` + agentMail + `</div></blockquote></div>`,
			"Ja\n\n> On 2 Mar 2026, at 10:04, Mark wrote:\n\n[quotes #1]"},
		{"thunderbird", agentMail, `<div class="moz-cite-prefix">Am 02.03.26 um 10:04 schrieb Mark:<br></div><blockquote type="cite" cite="mid:x">` + agentMail + `</blockquote><p>Anbei.</p>`,
			"Am 02.03.26 um 10:04 schrieb Mark:\n\n[quotes #1]\n\nAnbei."},
		{"outlook, German", agentMail, `<div class=WordSection1><p class=MsoNormal>Anbei.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Von:</b> Mark<br><b>Gesendet:</b> Montag, 2. März 2026 10:04<br><b>An:</b> Anna<br><b>Betreff:</b> HB-204518</p></div>` + agentMail + `</div>`,
			"Anbei.\nVon: Mark\nGesendet: Montag, 2. März 2026 10:04\nAn: Anna\nBetreff: HB-204518\n\n[quotes #1]"},
		{"outlook, plain, Dutch", agentLines, "Zie bijlage\n\n________________________________\nVan: Mark\nVerzonden: maandag 2 maart 2026 10:04\nAan: Anna\nOnderwerp: HB-204518\n\n" + agentLines,
			"Zie bijlage\n\n________________________________\nVan: Mark\nVerzonden: maandag 2 maart 2026 10:04\nAan: Anna\nOnderwerp: HB-204518\n\n[quotes #1]"},
		{"divider", agentLines, "See below.\n\n-----Original Message-----\n" + agentLines, "See below.\n\n-----Original Message-----\n[quotes #1]"},
		{"behind >", agentLines, "Ja.\n\n" + quoted(agentLines) + "\n\nHilsen", "Ja.\n\n[quotes #1]\n\nHilsen"},
		{"wrapped behind >", long, "Merci.\n\nLe 2 mars 2026 à 10:04, Mark a écrit :\n" + quoted(wrapped(long, 70)), "Merci.\n\nLe 2 mars 2026 à 10:04, Mark a écrit :\n[quotes #1]"},
		{"no sign, Swedish", agentLines, "Tack.\n\nDen mån 2 mars 2026 kl 10:04 skrev Mark:\n\n" + agentLines, "Tack.\n\nDen mån 2 mars 2026 kl 10:04 skrev Mark:\n\n[quotes #1]"},
		{"answers between", agentLines, "> Dear Anna,\n>\n> thank you for your message about order HB-204518.\n>\n> Could you send us a photo of the zip?\n\nI have none.\n\n> Kind regards\n> Mark, Havbris",
			"[quotes #1]\n\nI have none.\n\n> Kind regards\n> Mark, Havbris"},
		{"something changed in it", agentLines, "> Dear Anna,\n> thank you for your message about order HB-204518.\n> Could you send us a photo of the zip?\n> I NEVER SAID THAT\n> Kind regards\n> Mark, Havbris",
			"[quotes #1]\n> I NEVER SAID THAT\n> Kind regards\n> Mark, Havbris"},
		{"two lines", agentLines, "> Dear Anna,\n> thank you for your message about order HB-204518.\nyes", "> Dear Anna,\n> thank you for your message about order HB-204518.\nyes"},
		{"in another order", agentLines, "> Could you send us a photo of the zip?\n> thank you for your message about order HB-204518.\n> Dear Anna,", "> Could you send us a photo of the zip?\n> thank you for your message about order HB-204518.\n> Dear Anna,"},
		{"unmarked repetition", agentLines, agentLines, agentLines},
		{"unmarked repetition in HTML", agentMail, agentMail, agentLines},
		{"marked and new", agentLines, "Look:\n> ERROR 41 at line 3\n> ERROR 42 at line 4\n> ERROR 43 at line 5\n> ERROR 44 at line 6", "Look:\n> ERROR 41 at line 3\n> ERROR 42 at line 4\n> ERROR 43 at line 5\n> ERROR 44 at line 6"},
		{"the same word many times", "no no no no no no no no", "> no no no no\n> no no no\n> no\n> no no no no no no no no no", "> no no no no\n> no no no\n> no\n> no no no no no no no no no"},
		{"signature with a complaint behind it", agentLines, "Fine.\n\n-- \nAnna Berg\n\nAnd where is my refund of 84.90?", "Fine.\n\n--\nAnna Berg\n\nAnd where is my refund of 84.90?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, conversation(t, 0, said{"agent", c.earlier}, said{"customer", c.in})[1])
			require.Equal(t, c.want, conversation(t, 1, said{"agent", c.earlier}, said{"customer", c.in})[0], "the earlier message is not on this page")
			require.NotContains(t, conversation(t, 0, said{"customer", c.in})[0], "[quotes", "nothing was said earlier")
		})
	}
}

// In a long exchange, each reference names the message that shows the words.
func TestQuotedHistoryOfSeveralMessages(t *testing.T) {
	first := "Hello,\nmy zip is broken.\nThe order is HB-204518.\nAnna"
	second := agentLines + "\n\nOn 2 March 2026 at 09:00, Anna wrote:\n" + quoted(first)
	third := "I have no camera.\n\nOn 2 March 2026 at 10:04, Mark wrote:\n" + quoted(second)
	texts := conversation(t, 0, said{"customer", first}, said{"agent", second}, said{"agent", "We wait\nfor your\nphoto still."}, said{"customer", third})
	require.Equal(t, first, texts[0])
	require.Equal(t, agentLines+"\n\nOn 2 March 2026 at 09:00, Anna wrote:\n[quotes #1]", texts[1])
	require.Equal(t, "I have no camera.\n\nOn 2 March 2026 at 10:04, Mark wrote:\n[quotes #2]\n[quotes #1]", texts[3])
}

// Nothing that a customer wrote is lost, whatever it looks like: with an earlier message that says
// something else, every word comes out.
func TestNothingWrittenIsLost(t *testing.T) {
	for _, in := range []string{
		"Hi,\n\nFrom: Copenhagen\nTo: Oslo\nDate: 14 March 2026, 09:15\nSubject: booking\nPassengers: 2 adults\n\nAnd keep the seats 12A and 12B.",
		"Da: Milano\nData: 3 marzo 2026\nA: Roma\nOggetto: prenotazione\n\nDue adulti e un cane.",
		"De: París\nFecha: 3 de marzo de 2026\nPara: Madrid\nAsunto: reserva\n\nDos adultos.",
		"De : Paris\nDate : 3 mars 2026\nÀ : Lyon\nObjet : réservation\n\nDeux adultes.",
		"Von: Berlin\nDatum: 3. März 2026\nAn: Bonn\nBetreff: Buchung\n\nZwei Erwachsene.",
		"Fra: Oslo\nDato: 3. mars 2026\nTil: Bergen\nEmne: billett\n\nTo voksne.",
		"Från: Lund\nDatum: 3 mars 2026\nTill: Malmö\nÄmne: biljett\n\nTvå vuxna.",
		"On 3 March 2026 at 10:04 your colleague wrote:\nyou get the money by 10 March.\nIt is now 15 March.\nI want 84.90 now.",
		"Den 3. marts 2026 kl. 10 skrev jeres kollega:\nDu får pengene den 10.\nDet er nu den 15.\nJeg vil have dem nu.",
		"Am 3. März 2026 um 10:04 schrieb Ihr Kollege:\nSie bekommen das Geld.\nIch habe nichts.\nBitte heute.",
		"-----Original Message-----\nis what I pasted above the complaint:\nit is broken,\nplease refund.",
		"The log says:\n> panic: nil map\n> goroutine 1 [running]:\n> main.main()\n> exit status 2\nWhat now?",
		"-- \nAnna\nPS: the second parcel is missing too,\nand the third one.\nPlease call +45 12 34 56 78.",
		"<p>My list:</p><blockquote><div>HB-1 jacket, broken</div><div>HB-2 shoes, wrong size</div><div>HB-3 hat, never came</div></blockquote><p>Thanks</p>",
		"<div class=\"gmail_quote\"><div>I typed all of this</div><div>in the quotation by mistake,</div><div>and it is important.</div></div>",
		"<div class=\"yahoo_quoted\"><div>On Monday, 2 March 2026 at 10:04, Support wrote:</div><div>Order?</div><div>HB-204518</div><div>Size?</div><div>43 please</div></div>",
		"<div class=\"protonmail_quote\">On Monday, March 2nd, 2026 at 10:04, Support wrote:<br><blockquote>Order?</blockquote>HB-204518<br><blockquote>Size?</blockquote>43 please</div>",
		"<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> A<br><b>Sent:</b> Monday, 2 March 2026<br><b>To:</b> B<br><b>Subject:</b> Re</div><div>my answers are here below</div><div>one: yes</div><div>two: no</div>",
		"<blockquote><blockquote><blockquote><p>deep</p><p>deeper</p></blockquote></blockquote></blockquote>answer",
	} {
		alone := conversation(t, 0, said{"customer", in})[0]
		after := conversation(t, 0, said{"agent", agentMail}, said{"customer", in})[1]
		require.Equal(t, alone, after)
		source := in
		if strings.Contains(in, "</") {
			source = tags.Replace(in)
		}
		for word := range strings.FieldsSeq(source) {
			require.Contains(t, after, strings.Trim(word, ">"), "%s", in)
		}
	}
}

// tags leaves the words of the mails above.
var tags = strings.NewReplacer("<p>", " ", "</p>", " ", "<div>", " ", "</div>", " ", "<blockquote>", " ", "</blockquote>", " ", "<br>", " ", "<b>", "", "</b>", "", "<hr>", "",
	`<div class="gmail_quote">`, "", `<div class="yahoo_quoted">`, "", `<div class="protonmail_quote">`, "", `<div id="appendonsend">`, "", `<div id="divRplyFwdMsg">`, "")

// The work of folding grows with the length of the messages, whatever they repeat.
func FuzzFold(f *testing.F) {
	f.Add(agentLines, quoted(agentLines)+"\nx")
	f.Fuzz(func(t *testing.T, earlier, in string) {
		h := newHistory()
		before, b := plainText(earlier), plainText(in)
		h.add(1, func() body { return before })
		lines, _ := b.lines()
		folded := h.fold(b, lines).text
		i := 0
		own := strings.Fields(b.text)
		for word := range strings.FieldsSeq(strings.ReplaceAll(folded, "[quotes #1]", "")) {
			for i < len(own) && own[i] != word {
				i++
			}
			require.Less(t, i, len(own), "what is left was there, in this order")
		}
	})
}
