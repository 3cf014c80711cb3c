// Package chart draws small charts as SVG, with the same numbers as a table.
//
// Every text is escaped. Nothing in a chart is a script, a style or an address. Colours are attributes, which a style sheet can
// override by the classes s1, s2 and so on; series also differ by their order, their dashes and their names.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Chart is what is drawn: a value of each series for each label. Missing values are gaps; values that are not finite or below 0
// are missing.
type Chart struct {
	Title  string
	About  string // what is seen, a sentence for those who do not see it
	Unit   string // of the values, such as "calls"; "" for none
	Labels []string
	Series []Series
}

// Series is a row of values.
type Series struct {
	Name   string
	Values []float64
}

// The sizes of a chart, in its own units.
const (
	width, height           = 640, 220
	left, right, top, below = 48, 12, 12, 26
	plotWidth, plotHeight   = width - left - right, height - top - below
	ticks                   = 4  // lines across, at most one more
	mostLabels              = 12 // below the chart; others are left out
)

var (
	colours = []string{"#2f5fd0", "#c2571a", "#1d7a46", "#8a3ab9", "#b01f4a", "#5a6472"}
	dashes  = []string{"", "6 3", "2 3", "8 3 2 3", "1 4", "12 4"}
)

// Bars draws a group of bars for each label, those of several series on top of each other.
func (c Chart) Bars() template.HTML {
	n := c.points()
	most := 0.0
	for i := range n {
		sum := 0.0
		for _, s := range c.Series {
			v, _ := s.at(i)
			sum += v
		}
		most = math.Max(most, finite(sum))
	}
	return c.draw(most, nil, func(b *strings.Builder, scale float64) {
		step := float64(plotWidth) / float64(max(n, 1))
		bar := math.Max(step*0.7, 0.5)
		for i := range n {
			base := 0.0
			for k, s := range c.Series {
				v, ok := s.at(i)
				if !ok || v == 0 {
					continue
				}
				y0, y1 := base/scale*plotHeight, (base+v)/scale*plotHeight
				base += v
				fmt.Fprintf(b, `<rect class="s%d" fill="%s" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect>`, k%len(colours)+1, colours[k%len(colours)],
					num(left+step*float64(i)+(step-bar)/2), num(top+plotHeight-y1), num(bar), num(y1-y0), html.EscapeString(c.says(i, s, v)))
			}
		}
	})
}

// Lines draws a line for each series.
func (c Chart) Lines() template.HTML {
	n := c.points()
	most := 0.0
	for _, s := range c.Series {
		for i := range n {
			v, _ := s.at(i)
			most = math.Max(most, v)
		}
	}
	return c.draw(most, dashes, func(b *strings.Builder, scale float64) {
		for k, s := range c.Series {
			colour, dash := colours[k%len(colours)], dashes[k%len(dashes)]
			var path strings.Builder
			move := "M"
			for i := range n {
				v, ok := s.at(i)
				if !ok {
					move = "M"
					continue
				}
				x, y := c.x(i), top+plotHeight-v/scale*plotHeight
				path.WriteString(move + num(x) + " " + num(y))
				move = "L"
				if n <= 60 {
					fmt.Fprintf(b, `<circle class="s%d" fill="%s" cx="%s" cy="%s" r="2.5"><title>%s</title></circle>`, k%len(colours)+1, colour, num(x), num(y), html.EscapeString(c.says(i, s, v)))
				}
			}
			if path.Len() > 0 {
				fmt.Fprintf(b, `<path class="s%d" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round" stroke-dasharray="%s" d="%s"/>`, k%len(colours)+1, colour, dash, path.String())
			}
		}
	})
}

// Table returns the numbers of the chart as a table.
func (c Chart) Table() template.HTML {
	var b strings.Builder
	b.WriteString(`<table><caption>` + html.EscapeString(c.Title) + `</caption><thead><tr><td></td>`)
	for _, s := range c.Series {
		b.WriteString(`<th scope="col">` + html.EscapeString(s.Name) + `</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	for i, label := range c.Labels {
		b.WriteString(`<tr><th scope="row">` + html.EscapeString(label) + `</th>`)
		for _, s := range c.Series {
			cell := "–"
			if v, ok := s.at(i); ok {
				cell = amount(v)
			}
			b.WriteString(`<td>` + cell + `</td>`)
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</tbody></table>`)
	return template.HTML(b.String())
}

// draw draws what is around the values, and the values. dashes are those of the series, nil for none.
func (c Chart) draw(most float64, dashes []string, values func(b *strings.Builder, scale float64)) template.HTML {
	var b strings.Builder
	about := html.EscapeString(c.About)
	fmt.Fprintf(&b, `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" font-size="11">`, width, height, html.EscapeString(strings.TrimSpace(c.Title+". "+c.About)))
	fmt.Fprintf(&b, `<title>%s</title><desc>%s</desc>`, html.EscapeString(c.Title), about)
	step := tick(most)
	lines := math.Max(1, math.Ceil(most/step))
	scale := step * lines
	for i := 0.0; i <= lines; i++ {
		y := top + plotHeight - i/lines*plotHeight
		fmt.Fprintf(&b, `<path class="grid" stroke="#8886" d="M%d %sH%d"/><text class="axis" fill="#687080" text-anchor="end" x="%d" y="%s">%s</text>`, left, num(y), width-right, left-6, num(y+4), amount(step*i))
	}
	every := (len(c.Labels) + mostLabels - 1) / mostLabels
	for i, label := range c.Labels {
		if i%max(every, 1) == 0 {
			fmt.Fprintf(&b, `<text class="axis" fill="#687080" text-anchor="middle" x="%s" y="%d">%s</text>`, num(c.x(i)), height-8, html.EscapeString(brief(label)))
		}
	}
	values(&b, scale)
	b.WriteString(`</svg>`)
	if len(c.Series) > 1 {
		b.WriteString(`<ul class="series">`)
		for k, s := range c.Series {
			dash := ""
			if dashes != nil {
				dash = dashes[k%len(dashes)]
			}
			fmt.Fprintf(&b, `<li><svg aria-hidden="true" width="22" height="10" viewBox="0 0 22 10"><path class="s%d" stroke="%s" stroke-width="4" stroke-dasharray="%s" d="M0 5H22"/></svg> %s</li>`, k%len(colours)+1, colours[k%len(colours)], dash, html.EscapeString(s.Name))
		}
		b.WriteString(`</ul>`)
	}
	return template.HTML(b.String())
}

// x returns the middle of a label's place.
func (c Chart) x(i int) float64 {
	step := float64(plotWidth) / float64(max(c.points(), 1))
	return left + step*(float64(i)+0.5)
}

// points returns how many values a series can have.
func (c Chart) points() int { return len(c.Labels) }

// says names a value: "Mon 2 Mar, refused: 3 calls".
func (c Chart) says(i int, s Series, v float64) string {
	text := c.Labels[i]
	if s.Name != "" {
		text += ", " + s.Name
	}
	text += ": " + amount(v)
	if unit := c.Unit; unit != "" {
		if v == 1 && len(unit) > 2 { // 1 call; ms stays
			unit = strings.TrimSuffix(unit, "s")
		}
		text += " " + unit
	}
	return text
}

// at returns a value; not ok where there is none.
func (s Series) at(i int) (float64, bool) {
	if i >= len(s.Values) {
		return 0, false
	}
	v := s.Values[i]
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0, false
	}
	return math.Min(v, largest), true
}

// largest is what a value is cut to, so that sums stay finite.
const largest = 1e15

func finite(v float64) float64 { return math.Min(v, largest*1e3) }

// tick returns the distance of the lines across: 1, 2 or 5, times a power of ten.
func tick(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most/ticks)))
	for _, m := range []float64{1, 2, 5} {
		if most/(m*power) <= ticks {
			return m * power
		}
	}
	return 10 * power
}

// num writes a coordinate.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// amount writes a value, with commas and at most three significant digits after the point.
func amount(v float64) string {
	if v >= 1e9 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	text := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	whole, part, found := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		return whole + "." + part
	}
	return whole
}

// brief cuts a label to what has room below the chart.
func brief(label string) string {
	runes := []rune(label)
	if len(runes) > 10 {
		return string(runes[:9]) + "…"
	}
	return label
}
