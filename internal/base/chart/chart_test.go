package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// wellFormed reads a chart as XML, and returns its text and the coordinates in it.
func wellFormed(t testing.TB, drawn template.HTML) (text string, numbers []float64) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<x>" + string(drawn) + "</x>"))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text, numbers
		}
		require.NoError(t, err, string(drawn))
		switch token := token.(type) {
		case xml.CharData:
			text += string(token) + "\n"
		case xml.StartElement:
			require.Contains(t, []string{"x", "svg", "title", "desc", "path", "rect", "circle", "text", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td"}, token.Name.Local)
			for _, a := range token.Attr {
				require.NotContains(t, []string{"style", "href", "onload"}, a.Name.Local)
				switch a.Name.Local {
				case "x", "y", "cx", "cy", "width", "height":
					n, err := strconv.ParseFloat(a.Value, 64)
					require.NoError(t, err)
					numbers = append(numbers, n)
				}
			}
		}
	}
}

func TestCharts(t *testing.T) {
	c := Chart{Title: "Calls", About: "Calls a day.", Unit: "calls", Labels: []string{"Mon", "Tue", "Wed"}, Series: []Series{{"done", []float64{1200, 0, 300}}, {"refused", []float64{3, math.NaN(), 7.5}}}}
	for _, drawn := range []template.HTML{c.Bars(), c.Lines()} {
		text, _ := wellFormed(t, drawn)
		for _, says := range []string{"Calls\n", "Calls a day.", "Mon, done: 1,200 calls", "Wed, refused: 7.5 calls", "Tue\n", "1,000\n", " refused\n"} {
			require.Contains(t, text, says)
		}
		require.NotContains(t, text, "Tue, refused", "what is missing is not drawn")
		require.Contains(t, string(drawn), `role="img" aria-label="Calls. Calls a day."`)
	}
	text, _ := wellFormed(t, c.Table())
	require.Contains(t, text, "1,200\n3\nTue\n0\n–\nWed\n300\n7.5\n")
}

// Text of anybody is text.
func TestTextIsEscaped(t *testing.T) {
	const attack = `"/></title><script>alert(1)</script><image href=x>'&`
	c := Chart{Title: attack, About: attack, Unit: attack, Labels: []string{attack}, Series: []Series{{attack, []float64{1}}, {attack, []float64{2}}}}
	for _, drawn := range []template.HTML{c.Bars(), c.Lines(), c.Table()} {
		text, _ := wellFormed(t, drawn)
		require.Contains(t, text, attack)
		require.NotContains(t, string(drawn), "<script")
		require.NotContains(t, string(drawn), "<image")
	}
}

// Whatever the values are, the chart is well formed and stays inside its frame.
func TestChartsStayInside(t *testing.T) {
	odd := []float64{0, 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 1e15, 0.001, 999.9996}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		c := Chart{Title: "t", About: "a"}
		for i := range r.IntN(80) {
			c.Labels = append(c.Labels, fmt.Sprint("label ", i))
		}
		for range r.IntN(9) {
			var s Series
			for range r.IntN(90) {
				v := r.Float64() * math.Pow(10, float64(r.IntN(12)))
				if r.IntN(4) == 0 {
					v = odd[r.IntN(len(odd))]
				}
				s.Values = append(s.Values, v)
			}
			c.Series = append(c.Series, s)
		}
		for _, drawn := range []template.HTML{c.Bars(), c.Lines(), c.Table()} {
			_, numbers := wellFormed(t, drawn)
			for _, n := range numbers {
				require.False(t, math.IsNaN(n) || n < -0.01 || n > width+0.01, "%v in %s", n, drawn)
			}
			require.NotContains(t, string(drawn), "NaN")
			require.NotContains(t, string(drawn), "Inf")
		}
	})
}

func TestTicks(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 0.5: 0.2, 1: 0.5, 3: 1, 4: 1, 5: 2, 9: 5, 37: 10, 41: 20, 99: 50, 1200: 500} {
		require.InDelta(t, want, tick(most), 1e-9, "%v", most)
	}
}
