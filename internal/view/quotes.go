package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shortQuote is how many characters of a quotation are kept: as many as saying that it was left out.
const shortQuote = 120

// earlier stands where a message repeats an earlier one.
func earlier(text string) string {
	return fmt.Sprintf("[earlier message quoted: %s characters]", thousands(utf8.RuneCountInString(text)))
}

// withoutHistory replaces the earlier messages that a text repeats: runs of lines behind >, and all
// that follows a mail program's divider, header block or "On … wrote:". A text that is nothing but
// quotation, and a forwarded mail, is left as it is.
func withoutHistory(s string) string {
	var out strings.Builder
	done, said := 0, false // what of s is in out; whether the sender's own words came
	for at := 0; at < len(s); {
		line, next := lineAt(s, at)
		switch {
		case line == "":
		case line[0] == '>':
			next = quoteEnd(s, at)
			if next-at > shortQuote {
				out.WriteString(s[done:at])
				out.WriteString(earlier(strings.TrimSpace(s[at:next])))
				out.WriteString("\n")
				done = next
			}
		case isForward(line):
			out.WriteString(s[done:])
			return tidy(out.String())
		case said && beginsHistory(line, s[next:]):
			out.WriteString(s[done:at])
			if attribution(line) {
				out.WriteString(line + "\n")
				at = next
			}
			out.WriteString(earlier(strings.TrimSpace(s[at:])))
			return tidy(out.String())
		case !attribution(line):
			said = true
		}
		at = next
	}
	if done == 0 || !said {
		return s
	}
	out.WriteString(s[done:])
	return tidy(out.String())
}

// onlyHistory says whether nothing but quotations, replaced, is left of a text.
func onlyHistory(s string) bool {
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && !isEarlier(line) && !attribution(line) {
			return false
		}
	}
	return true
}

func isEarlier(line string) bool { return strings.HasPrefix(line, "[earlier message quoted:") }

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

// lineAt gives the line that begins at s[at:], trimmed, and where the next one begins.
func lineAt(s string, at int) (line string, next int) {
	n := strings.IndexByte(s[at:], '\n')
	if n < 0 {
		return strings.TrimSpace(s[at:]), len(s)
	}
	return strings.TrimSpace(s[at : at+n]), at + n + 1
}

// quoteEnd gives the end of the lines behind >, with the blank ones between them.
func quoteEnd(s string, at int) int {
	end := at
	for at < len(s) {
		line, next := lineAt(s, at)
		if line != "" && line[0] != '>' {
			break
		}
		if at = next; line != "" {
			end = next
		}
	}
	return end
}

// beginsHistory says whether everything from this line on is an earlier mail. rest is what follows.
func beginsHistory(line, rest string) bool {
	if attribution(line) {
		follows := strings.TrimSpace(rest)
		return follows != "" && follows[0] != '>' && !isEarlier(follows)
	}
	if line[0] == '-' || line[0] == '_' {
		return isDivider(line) || strings.Trim(line, "_") == "" && len(line) > 20 && isHeader(rest)
	}
	return hasLabel(line, senders) && isDated(rest)
}

// isHeader tells the block "From: … Sent: …" that mail programs put above the mail they answer.
func isHeader(s string) bool {
	line, next := lineAt(s, 0)
	return hasLabel(line, senders) && isDated(s[next:])
}

func isDated(s string) bool {
	at := 0
	for range 3 {
		line, next := lineAt(s, at)
		if hasLabel(line, dates) {
			return true
		}
		if at = next; at >= len(s) {
			break
		}
	}
	return false
}

var (
	senders = []string{"From", "Fra", "Von", "De", "Från", "Van", "Da", "Lähettäjä", "Od"}
	dates   = []string{"Sent", "Date", "Sendt", "Dato", "Gesendet", "Datum", "Envoyé", "Skickat", "Verzonden", "Enviado", "Inviato", "Data", "Lähetetty", "Wysłano"}
	// verbs end the line that stands above a quoted mail: "On Monday … wrote:".
	verbs    = []string{" wrote:", " skrev", " schrieb", " a écrit", " schreef", " escribió", " ha scritto", " kirjoitti"}
	dividers = []string{"Original Message", "Oprindelig meddelelse", "Ursprüngliche Nachricht", "Message d'origine", "Ursprungligt meddelande", "Opprinnelig melding", "Oorspronkelijk bericht", "Original-Nachricht"}
	forwards = []string{"Forwarded message", "Begin forwarded message", "Videresendt meddelelse", "Videresendt besked", "Start på videresendt besked", "Weitergeleitete Nachricht", "Anfang der weitergeleiteten", "Message transféré", "Vidarebefordrat meddelande", "Videresendt melding"}
)

// hasLabel says whether a line is one of the words and a colon; **From:** is what bold becomes.
func hasLabel(line string, words []string) bool {
	label, _, found := strings.Cut(line, ":")
	if !found || len(label) > 20 {
		return false
	}
	label = strings.Trim(label, " *\u00A0")
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
	return strings.HasPrefix(line, "---") && containsAny(line, dividers)
}

// isForward tells the line that mail programs put above a mail they pass on.
func isForward(line string) bool {
	return len(line) < 100 && (strings.HasPrefix(line, "---") || strings.HasSuffix(line, ":")) && containsAny(line, forwards)
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
	return n.DataAtom == atom.Blockquote || hasClass(n, "gmail_quote") || hasClass(n, "yahoo_quoted") || hasClass(n, "protonmail_quote")
}

// quote replaces a quotation by its length. A mail that is passed on, and a short quotation, stay.
func (p *printer) quote(n *html.Node, s style) {
	inner := printer{rules: p.rules, keepQuotes: true}
	inner.element(n, s)
	text := tidy(inner.out.String())
	first, _, _ := strings.Cut(text, "\n")
	p.lineBreak(1)
	switch {
	case text == "":
	case isForward(first), isForward(lastLine(p.out.String())), n.DataAtom == atom.Blockquote && len(text) <= shortQuote:
		for i, line := range strings.Split(text, "\n") {
			if i > 0 {
				p.breaks = min(p.breaks+1, 2)
			}
			if line != "" && n.DataAtom == atom.Blockquote {
				line = "> " + line
			}
			if line != "" {
				p.write(line)
			}
		}
	default:
		p.write(earlier(text))
		p.quoted = true
	}
	p.lineBreak(1)
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
