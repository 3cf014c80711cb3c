package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/base/chart"
)

//go:embed page.html
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })

// mostRows is how many rows of a part the page shows.
const mostRows = 30

// Footer says how the figures are computed.
const Footer = "Computed from Dixa's exports, without automatic messages; Dixa's Analytics computes figures of its own. “First answer” is the time from the creation of a conversation " +
	"to the first message of a Dixa agent, and “closed after” that to its closing. “Satisfied” is the share of thumbs up and of a CSAT of 4 or 5, of the rated conversations."

type section struct {
	Title string
	Chart template.HTML
	Head  []string
	Rows  [][]string
}

// ZoneName returns the name of a time zone for people.
func ZoneName(zone *time.Location) string {
	if zone == time.Local {
		return time.Now().Format("MST")
	}
	return zone.String()
}

// SVG draws the rows: those of times as lines of the conversations that were created (solid) and closed (dashed), others as bars of those
// that were created. key says which line is which; it stands below the drawing, as HTML.
func (r *Report) SVG() (drawing, key template.HTML) {
	c := chart.Chart{Title: "Conversations by " + string(r.By), Unit: "conversations"}
	created, closed := chart.Series{Name: "created"}, chart.Series{Name: "closed"}
	for _, row := range r.Rows[:min(len(r.Rows), mostRows)] {
		c.Labels = append(c.Labels, row.Name)
		created.Values = append(created.Values, float64(row.Now.Conversations))
		closed.Values = append(closed.Values, float64(row.Now.Closed))
	}
	draw := func() template.HTML { return c.Bars() }
	c.About, c.Series = "Conversations created, "+r.Period.String()+".", []chart.Series{created}
	if r.By == ByHour || r.By == ByDay || r.By == ByWeek {
		c.About, c.Series = "Conversations created (solid) and closed (dashed), "+r.Period.String()+".", []chart.Series{created, closed}
		draw = func() template.HTML { return c.Lines() }
	}
	const end = "</svg>"
	before, after, _ := strings.Cut(string(draw()), end)
	return template.HTML(before + end), template.HTML(after)
}

// WritePage writes one HTML page about a period: reports by several things. It needs no other file and runs no script; names are text.
func WritePage(w io.Writer, all []*Report, until time.Time) error {
	first := all[0]
	data := struct {
		Title, Compared, Footer string
		Sections                []section
	}{
		Title:    "Conversations, " + first.Period.String(),
		Compared: fmt.Sprintf("In brackets: the difference from %s. Time zone %s. The archive has everything until %s.", first.Before.String(), ZoneName(first.Zone), until.In(first.Zone).Format("2 January 2006 15:04")),
		Footer:   Footer,
	}
	for i, r := range all {
		table := r.Table()
		totals := 2 + len(r.Handled) // the head, and the rows that all reports have
		s := section{Title: "By " + string(r.By), Head: table[0], Rows: table[totals:]}
		if i == 0 {
			data.Sections = append(data.Sections, section{Title: "All", Head: table[0], Rows: table[1:totals]})
		}
		if r.By == ByDay || r.By == ByHour {
			drawing, key := r.SVG()
			s.Chart = drawing + key
		}
		if len(s.Rows) > mostRows {
			s.Title += fmt.Sprintf(" (the first %d of %d)", mostRows, len(s.Rows))
			s.Rows = s.Rows[:mostRows]
		}
		data.Sections = append(data.Sections, s)
	}
	return pageTemplate().Execute(w, data)
}
