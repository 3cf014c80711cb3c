package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/safetext"
)

//go:embed pages
var pagesSource embed.FS

// layouts returns the pages by file, each with the frame around it. They are read when the first page is shown.
var layouts = sync.OnceValue(func() map[string]*template.Template {
	functions := template.FuncMap{"shown": shown, "has": func(s string) bool { return s != "" }, "join": strings.Join}
	frame := template.Must(template.New("frame.html").Funcs(functions).ParseFS(pagesSource, "pages/frame.html", "pages/parts.html"))
	files, err := pagesSource.ReadDir("pages")
	if err != nil {
		panic(err)
	}
	all := map[string]*template.Template{}
	for _, f := range files {
		if f.Name() != "frame.html" && f.Name() != "parts.html" {
			all[f.Name()] = template.Must(template.Must(frame.Clone()).ParseFS(pagesSource, "pages/"+f.Name()))
		}
	}
	return all
})

// frame is what is around every page.
type frame struct {
	Title   string
	Nav     []place // "" before the sign-in
	Who     *person
	SignOut string // token of its form
	News    *news
	Live    bool // the page keeps itself up to date
	Body    any
}

// place is an entry of the navigation.
type place struct {
	Path, Name string
	Here       bool
	Count      int // of what waits there
}

// pages writes the pages of the console.
type pages struct{ config *Config }

// show answers with a page. path is the place of the navigation that it belongs to.
func (v *visit) show(status int, page, path, title string, live bool, body any) {
	f := frame{Title: title, Who: v.who, SignOut: v.token("/sign-out"), News: v.told(), Live: live, Body: body}
	f.Nav = v.pages.places(v, path)
	v.pages.render(v.ResponseWriter, status, page, f)
}

// places returns the navigation.
func (p *pages) places(v *visit, here string) []place {
	var all []place
	if p.config.Approvals != nil {
		waiting, _ := p.config.Approvals.List(v.Context(), approval.Pending)                        // what cannot be read, the page of approvals says
		calls := slices.DeleteFunc(waiting, func(r approval.Request) bool { return r.Draft != "" }) // drafts keep no agent waiting
		all = append(all, place{Path: "/", Name: "Approvals", Count: len(calls)})
	}
	if p.config.Records != nil {
		all = append(all, place{Path: "/records", Name: "Records"}, place{Path: "/charts", Name: "Charts"})
	}
	all = append(all, place{Path: "/agents", Name: "Agents"})
	if p.config.Explain != nil {
		all = append(all, place{Path: "/explain", Name: "What if"})
	}
	if p.config.Health != nil {
		all = append(all, place{Path: "/health", Name: "Health"})
	}
	for i := range all {
		all[i].Here = all[i].Path == here
	}
	return all
}

// render writes a page.
func (p *pages) render(w http.ResponseWriter, status int, page string, f frame) {
	var b bytes.Buffer
	if err := layouts()[page].ExecuteTemplate(&b, "frame.html", f); err != nil {
		p.config.Log.Error("a page of the console could not be written", "page", page, "error", err)
		http.Error(w, "The page could not be written; the log of dixa-mcp says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may be gone
}

// problem answers that something cannot be done, and why.
func (v *visit) problem(status int, why string) {
	v.show(status, "problem.html", "", http.StatusText(status), false, why)
}

// plainProblem does the same before the sign-in.
func (p *pages) plainProblem(w http.ResponseWriter, status int, why string) {
	p.render(w, status, "problem.html", frame{Title: http.StatusText(status), Body: why})
}

// broken answers that something does not work. How is the operator's to know, from the log.
func (v *visit) broken(what string, err error) {
	v.pages.config.Log.Error("console: "+what, "error", err)
	v.problem(http.StatusServiceUnavailable, sentence(what)+" The log of dixa-mcp says why.")
}

// sentence makes a sentence of a message.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// piece is a part of a text.
type piece struct {
	Text   string
	Unseen bool // it stands for a character that is not seen
}

var unseen = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<U\+[0-9A-F]{4,6}>|<0x[0-9A-F]{2}>`) })

// shown returns a text with each character that is not seen in a piece of its own, as <U+…>. Line breaks stay.
func shown(text string) []piece {
	text = safetext.Lines(strings.ReplaceAll(text, "\r\n", "\n"))
	var all []piece
	from := 0
	for _, at := range unseen().FindAllStringIndex(text, -1) {
		if at[0] > from {
			all = append(all, piece{Text: text[from:at[0]]})
		}
		all = append(all, piece{text[at[0]:at[1]], true})
		from = at[1]
	}
	if from < len(text) {
		all = append(all, piece{Text: text[from:]})
	}
	return all
}

// moment is an instant as a page shows it.
type moment struct {
	ISO, Text string
	Relative  string // "in 3 h", "5 min ago"
	Soon      bool   // less than an hour is left
}

// at returns how a page shows an instant; nil for none.
func (v *visit) at(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	zone, now := v.zone(), v.pages.config.Now()
	local, today := t.In(zone), now.In(zone)
	form := "Mon 2 Jan 2006 15:04 MST"
	switch {
	case local.YearDay() == today.YearDay() && local.Year() == today.Year():
		form = "15:04 MST"
	case local.Year() == today.Year():
		form = "Mon 2 Jan 15:04 MST"
	}
	left := t.Sub(now)
	return &moment{t.UTC().Format(time.RFC3339), local.Format(form), relative(left), left > 0 && left < time.Hour}
}

// relative says how far away an instant is.
func relative(d time.Duration) string {
	span, word := d.Abs(), ""
	switch {
	case span < time.Minute:
		word = "less than a minute"
	case span < time.Hour:
		word = fmt.Sprintf("%d min", int(span.Minutes()))
	case span < 48*time.Hour:
		word = fmt.Sprintf("%d h", int(span.Hours()))
		if m := int(span.Minutes()) % 60; m > 0 && span < 24*time.Hour {
			word += fmt.Sprintf(" %d min", m)
		}
	default:
		word = fmt.Sprintf("%d days", int(span.Hours()/24))
	}
	if d < 0 {
		return word + " ago"
	}
	return "in " + word
}
