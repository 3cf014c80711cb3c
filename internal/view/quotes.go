package view

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	senders    = []string{"From", "Fra", "Von", "De", "Från", "Van", "Da", "Lähettäjä", "Od", "Expéditeur", "Afsender"}
	dates      = []string{"Sent", "Date", "Sendt", "Dato", "Gesendet", "Datum", "Envoyé", "Skickat", "Verzonden", "Enviado", "Enviada", "Enviado el", "Inviato", "Data", "Fecha", "Lähetetty", "Päivämäärä", "Wysłano"}
	recipients = []string{"To", "Til", "An", "À", "Till", "Aan", "A", "Para", "Vastaanottaja", "Do"}
	subjects   = []string{"Subject", "Emne", "Betreff", "Objet", "Ämne", "Onderwerp", "Oggetto", "Asunto", "Assunto", "Aihe", "Temat"}
	copies     = []string{"Cc", "CC", "Kopie", "Kopi", "Bcc", "Reply-To", "Kopia", "Copie", "Importance", "Attachments"}
	// verbs are in the line that stands above a quoted mail: "On Monday … wrote:".
	verbs    = []string{" wrote", " skrev", " schrieb", " a écrit", " schreef", " escribió", " escreveu", " ha scritto", " kirjoitti", " napisał"}
	dividers = []string{"Original Message", "Original message", "Oprindelig meddelelse", "Ursprüngliche Nachricht", "Message d'origine", "Ursprungligt meddelande", "Opprinnelig melding", "Oorspronkelijk bericht", "Original-Nachricht", "Mensaje original", "Messaggio originale"}
)

// hasLabel reports whether a line is one of the words and a colon; **From:** is what bold becomes.
func hasLabel(line string, words []string) bool {
	label, _, found := strings.Cut(line, ":")
	if !found || len(label) > 24 {
		return false
	}
	label = strings.Trim(label, " *>\u00A0")
	for _, w := range words {
		if label == w {
			return true
		}
	}
	return false
}

// attribution tells the line "On Mon, 3 Mar 2025 at 10:04, Support <…> wrote:". It must hold a date,
// since people write "you wrote:" too.
func attribution(line string) bool {
	if len(line) > 300 || !strings.HasSuffix(line, ":") {
		return false
	}
	digits := 0
	for i := range len(line) {
		if isDigit(line[i]) {
			digits++
		}
	}
	return digits >= 4 && containsAny(line, verbs)
}

func isDivider(line string) bool {
	return strings.HasPrefix(strings.TrimLeft(line, "> "), "---") && containsAny(line, dividers)
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// isQuote tells where a mail program put the mail that is answered.
func isQuote(n *html.Node) bool {
	if n.DataAtom == atom.Blockquote {
		return true
	}
	for _, a := range n.Attr {
		if a.Key == "class" && strings.Contains(a.Val, "quote") {
			return hasClass(n, "gmail_quote") || hasClass(n, "yahoo_quoted") || hasClass(n, "protonmail_quote")
		}
	}
	return false
}

// line is one line of a message.
type line struct {
	text  string
	words []uint64 // the hashes of its words, without the signs of quotations
	// marked says that it is marked as a quotation: by HTML, by >, or by following the line or
	// the header that mail programs put above a mail that is answered.
	marked bool
	lead   lead
}

// lead says what a line in front of a quotation is.
type lead byte

const (
	noLead      lead = iota
	introducing      // "On … wrote:", or a divider
	header           // a line of a complete header: From, Sent, To or Subject
)

// lines splits the text of a message, and marks what is marked as a quotation.
func (b body) lines() (list []line, marked bool) {
	at, quoted, behind := 0, b.quoted, false
	for s := range strings.SplitSeq(b.text, "\n") {
		l := line{text: strings.TrimRight(s, " \t")}
		for len(quoted) > 0 && quoted[0] < at {
			quoted = quoted[1:]
		}
		bare := strings.TrimLeft(s, " \t")
		l.marked = behind || len(quoted) > 0 && quoted[0] == at || strings.HasPrefix(bare, ">")
		switch {
		case attribution(strings.TrimSpace(bare)), isDivider(bare):
			l.lead, behind = introducing, true
		}
		marked = marked || l.marked
		at += len(s) + 1
		list = append(list, l)
	}
	for i := range list {
		if n := headerLines(list[i:]); n > 0 {
			for j := range n {
				list[i+j].lead = header
			}
			for j := i + n; j < len(list) && !list[j].marked; j++ {
				list[j].marked, marked = true, true
			}
		}
	}
	return list, marked
}

// headerLines returns how many lines at the start of list are a complete header of a mail: who sent
// it, when, and to whom or about what.
func headerLines(list []line) int {
	if list[0].lead == header || !hasLabel(list[0].text, senders) {
		return 0
	}
	dated, addressed, n := false, false, 1
	for ; n < min(len(list), 9); n++ {
		text := list[n].text
		switch {
		case hasLabel(text, dates):
			dated = true
		case hasLabel(text, recipients), hasLabel(text, subjects):
			addressed = true
		case !hasLabel(text, copies):
			return ifSo(dated && addressed, n)
		}
	}
	return ifSo(dated && addressed, n)
}

func ifSo(is bool, n int) int {
	if is {
		return n
	}
	return 0
}

// tidy trims a text, and leaves at most one blank line in a row.
func tidy(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "\n\n\n") && !strings.Contains(s, " \n") && !strings.Contains(s, "\t\n") {
		return s
	}
	var out strings.Builder
	blank := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t")
		if line != "" {
			blank = 0
		} else if blank++; blank > 1 {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(line)
	}
	return out.String()
}
