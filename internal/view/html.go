package view

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// maxHTML is how much of one text is parsed, in bytes.
const maxHTML = 2 << 20

// maxTags is how many tags of one text are parsed: each becomes a node of some 150 bytes.
const maxTags = 150_000

// Text gives what a person sees of htmlSource as plain text: paragraphs, lists, table rows and line
// breaks as lines, cells divided by |, links with the address they really lead to, images as their
// alternative text, quotations behind >. What is hidden from people is dropped with everything below
// it; what may be hidden is in a block of its own at the end. Input over 2 MiB, or nested deeper
// than a parser can go, is read in part, and the text says so.
func Text(htmlSource string) string { return newWork(context.Background()).html(htmlSource).String() }

// body is the text of one message.
type body struct {
	text     string
	cites    bool   // a quotation is left in a text that was folded
	quoted   []int  // where the lines begin in text that are marked as a quotation by HTML
	note     string // what of the message was not read
	doubtful string // what people may not see of it
	hidden   bool   // people see nothing of it
}

const (
	possiblyHidden = "[possibly hidden text: a person who reads this message may not see the lines below]"
	allHidden      = "[all text of this message is hidden from the person who reads it:]"
	hiddenLead     = "(hidden?) "
	onlyInvisible  = "[this message has only invisible characters]"
)

// String returns the text, and the block of what may be hidden. Each line of the block says what it
// is, so that a piece of it does too.
func (b body) String() string {
	var out strings.Builder
	add := func(s string) {
		if out.Len() > 0 && s != "" {
			out.WriteByte('\n')
		}
		out.WriteString(s)
	}
	add(b.text)
	add(b.note)
	if b.doubtful == "" {
		return out.String()
	}
	if out.Len() > 0 {
		out.WriteByte('\n')
	}
	if b.hidden {
		add(allHidden)
	} else {
		add(possiblyHidden)
	}
	for line := range strings.SplitSeq(b.doubtful, "\n") {
		if line != "" {
			add(hiddenLead + line)
		}
	}
	return out.String()
}

// html reads the text of an HTML message.
func (w *work) html(src string) body {
	if strings.IndexByte(src, '<') < 0 && strings.IndexByte(src, '&') < 0 {
		return plainText(src)
	}
	w.begin(len(src))
	doc, rest := parseHTML(src)
	p := printer{rules: w.styleRules(doc, rest)}
	p.out.Grow(min(len(src), 4<<10))
	top := basicStyle
	top.doubt = p.rules.opaque
	p.node(doc, top)
	b := body{text: p.out.String(), quoted: p.marked, doubtful: tidy(p.maybe.out.String())}
	if b.text == "" && b.doubtful == "" && p.dropped {
		all := printer{rules: p.rules, all: true}
		all.node(doc, basicStyle)
		b.doubtful, b.hidden = tidy(all.out.String()), true
	}
	if b.text == "" && b.doubtful == "" && p.invisible {
		b.note = onlyInvisible
	}
	if rest != "" {
		b.note = fmt.Sprintf("[the rest of this HTML is left out: %s bytes]", thousands(len(rest)))
	}
	return b
}

// parseHTML reads as much of src as the parser takes, and gives what it did not read.
func parseHTML(src string) (doc *html.Node, rest string) {
	n := min(len(src), maxHTML)
	for at, tags := 0, 0; ; tags++ {
		next := strings.IndexByte(src[at:n], '<')
		if next < 0 {
			break
		}
		if at += next + 1; tags == maxTags {
			n = at - 1
			break
		}
	}
	for ; ; n /= 2 {
		doc, err := html.ParseWithOptions(strings.NewReader(src[:n]), html.ParseOptionEnableScripting(false))
		if err == nil {
			return doc, src[n:]
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *html.Node, class string) bool {
	for c := range strings.FieldsSeq(attr(n, "class")) {
		if c == class {
			return true
		}
	}
	return false
}
