package view

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// lexer reads CSS token by token, without its comments.
type lexer struct{ *css.Lexer }

func newLexer(s string) lexer { return lexer{css.NewLexer(parse.NewInputString(s))} }

func (l lexer) next() css.Token {
	for {
		kind, data := l.Next()
		if kind != css.CommentToken {
			return css.Token{TokenType: kind, Data: data}
		}
	}
}

func tokenize(s string) (list []css.Token) {
	l := newLexer(s)
	for t := l.next(); t.TokenType != css.ErrorToken; t = l.next() {
		list = append(list, t)
	}
	return list
}

// block is a pair of braces that is open: a style rule, or an at-rule around rules.
type block struct {
	style     bool // it holds declarations
	truth     truth
	selectors []selector
	effects   []effect
}

// sheetReader reads a style sheet, or what is in a style attribute, as CSS Syntax says browsers do.
type sheetReader struct {
	r       *rules
	inline  bool
	blocks  []block
	run     []css.Token     // the tokens since the last ; { or }
	closers []css.TokenType // of the brackets that are open in run
}

// read reads a style sheet.
func (r *rules) read(sheet string, t truth) {
	if t == no || sheet == "" {
		return
	}
	p := sheetReader{r: r, blocks: []block{{truth: t}}}
	l := newLexer(sheet)
	for t := l.next(); t.TokenType != css.ErrorToken && !r.opaque; t = l.next() {
		p.token(t)
	}
	if len(p.closers) > 0 {
		p.misread()
	}
	for len(p.blocks) > 1 {
		p.close()
	}
}

// declared reads a style attribute.
func (r *rules) declared(style string) []effect {
	if list, ok := r.inline[style]; ok {
		return list
	}
	p := sheetReader{r: r, inline: true, blocks: []block{{truth: yes, style: true}}}
	l := newLexer(style)
	for t := l.next(); t.TokenType != css.ErrorToken; t = l.next() {
		if t.TokenType == css.LeftBraceToken || t.TokenType == css.RightBraceToken {
			p.misread()
		}
		p.token(t)
	}
	for len(p.blocks) > 1 {
		p.close()
	}
	p.declaration()
	r.inline[style] = p.blocks[0].effects
	return p.blocks[0].effects
}

// token takes the next token in.
func (p *sheetReader) token(t css.Token) {
	if len(p.run) > maxRun {
		p.misread()
		p.run, p.closers = p.run[:0], nil
	}
	top := &p.blocks[len(p.blocks)-1]
	if n := len(p.closers); n > 0 {
		if t.TokenType == p.closers[n-1] {
			p.closers = p.closers[:n-1]
		} else {
			p.open(t, true)
		}
		p.run = append(p.run, t)
		return
	}
	switch t.TokenType {
	case css.LeftBraceToken:
		p.begin()
	case css.RightBraceToken:
		if len(p.blocks) == 1 {
			p.run = append(p.run, t)
			return
		}
		p.close()
	case css.SemicolonToken:
		switch {
		case len(p.run) > 0 && p.run[0].TokenType == css.AtKeywordToken:
			p.statement()
		case top.style:
			p.declaration()
		default:
			p.run = append(p.run, t)
		}
	case css.CDOToken, css.CDCToken:
		if len(p.blocks) > 1 {
			p.run = append(p.run, t)
		}
	case css.WhitespaceToken:
		if len(p.run) > 0 {
			p.run = append(p.run, t)
		}
	default:
		p.open(t, false)
		p.run = append(p.run, t)
	}
}

// open notes that a bracket opens; braces do so only inside others.
func (p *sheetReader) open(t css.Token, braces bool) {
	switch t.TokenType {
	case css.FunctionToken:
		if bytes.IndexByte(t.Data, '\\') >= 0 { // it may be url(, which ends elsewhere
			p.misread()
		}
		p.closers = append(p.closers, css.RightParenthesisToken)
	case css.LeftParenthesisToken:
		p.closers = append(p.closers, css.RightParenthesisToken)
	case css.LeftBracketToken:
		p.closers = append(p.closers, css.RightBracketToken)
	case css.LeftBraceToken:
		if braces {
			p.closers = append(p.closers, css.RightBraceToken)
		}
	}
}

// misread notes that what was read may mean something else to a browser, and hide anything.
func (p *sheetReader) misread() {
	if p.inline {
		p.blocks[0].effects = append(p.blocks[0].effects, effect{prop: pOther, verdict: doubt})
		return
	}
	p.r.opaque = true
}

// begin opens the block that the tokens of run are in front of.
func (p *sheetReader) begin() {
	top := &p.blocks[len(p.blocks)-1]
	run := trimSpaces(p.run)
	b := block{truth: top.truth}
	switch {
	case top.truth == no:
	case len(run) > 0 && run[0].TokenType == css.AtKeywordToken:
		b.truth = min(top.truth, atRule(run))
		if top.style {
			b.style, b.selectors, b.truth = true, top.selectors, min(b.truth, maybe)
		}
	case len(run) > 0 && run[0].TokenType == css.CustomPropertyNameToken:
		b.truth = no
	default:
		if top.style {
			b.truth = maybe // a rule in a rule: & and what goes with it are not understood
		}
		b.style = true
		b.selectors = selectors(run, b.truth != yes || p.r.loose)
	}
	if p.run = p.run[:0]; len(p.blocks) > maxNesting {
		p.misread()
	}
	p.blocks = append(p.blocks, b)
}

// atRule says whether the rules in an at-rule's braces are in force.
func atRule(run []css.Token) truth {
	switch name := strings.TrimPrefix(ident(run[0]), "@"); name {
	case "media":
		return onScreen(trimSpaces(run[1:]))
	case "font-face", "page", "counter-style", "property", "keyframes", "-webkit-keyframes", "-moz-keyframes", "-o-keyframes",
		"viewport", "-ms-viewport", "-o-viewport", "font-feature-values", "font-palette-values", "color-profile",
		"view-transition", "position-try":
		return no
	}
	return maybe
}

// statement ends an at-rule without braces.
func (p *sheetReader) statement() {
	switch ident(p.run[0]) {
	case "@namespace":
		p.r.loose = true
	case "@import":
		for _, t := range p.run {
			p.r.opaque = p.r.opaque || strings.Contains(strings.ToLower(string(t.Data[:min(len(t.Data), 16)])), "data:")
		}
	}
	p.run = p.run[:0]
}

// declaration ends a declaration.
func (p *sheetReader) declaration() {
	top := &p.blocks[len(p.blocks)-1]
	run := trimSpaces(p.run)
	p.run = p.run[:0]
	if top.truth == no || len(run) < 2 {
		return
	}
	colon := 1
	name := ident(run[0])
	if run[0].TokenType == css.DelimToken { // *zoom, for old versions of Internet Explorer
		return
	}
	for colon < len(run) && run[colon].TokenType == css.WhitespaceToken {
		colon++
	}
	if colon == len(run) || run[colon].TokenType != css.ColonToken || run[0].TokenType != css.IdentToken {
		return
	}
	value, important := importance(trimSpaces(run[colon+1:]))
	if len(value) == 0 {
		return
	}
	if name == "all" {
		top.effects = append(top.effects, effect{prop: pOther, verdict: doubt, important: important})
		return
	}
	meaning(name, value, func(e effect) {
		e.important = important
		top.effects = append(top.effects, e)
	})
}

// importance takes !important off a value.
func importance(v []css.Token) ([]css.Token, bool) {
	n := len(v)
	if n < 2 || v[n-1].TokenType != css.IdentToken || ident(v[n-1]) != "important" {
		return v, false
	}
	rest := trimSpaces(v[:n-1])
	if n = len(rest); n == 0 || string(rest[n-1].Data) != "!" {
		return v, false
	}
	return trimSpaces(rest[:n-1]), true
}

// close ends the innermost block.
func (p *sheetReader) close() {
	top := p.blocks[len(p.blocks)-1]
	if top.style {
		p.declaration()
		top = p.blocks[len(p.blocks)-1]
	}
	p.run = p.run[:0]
	p.blocks = p.blocks[:len(p.blocks)-1]
	if !top.style || top.truth == no || len(top.effects) == 0 {
		return
	}
	for _, s := range top.selectors {
		if !p.r.present(&s) {
			continue
		}
		if p.r.order++; p.r.order > maxRules {
			p.r.opaque = true
			return
		}
		s.loose = s.loose || top.truth != yes
		key := s.key()
		p.r.by[key] = append(p.r.by[key], rule{s, top.effects, p.r.order})
	}
}
