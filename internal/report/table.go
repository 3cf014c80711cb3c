package report

import (
	"fmt"
	"strconv"
	"time"
)

// Table returns the figures as texts for people: a head, and a row each. Each number has its difference from the period before.
func (r *Report) Table() [][]string {
	rows := [][]string{{"", "conversations", "closed", "first answer", "90 % within", "closed after", "90 % within", "per customer", "satisfied"}}
	for _, row := range append(append([]Row{r.Total}, r.Handled...), r.Rows...) {
		n, b := row.Now, row.Before
		rows = append(rows, []string{row.Name, number(n.Conversations, b.Conversations), number(n.Closed, b.Closed), took(n.AnswerMedian, n.Answered), took(n.AnswerP90, n.Answered),
			took(n.CloseMedian, n.Closed), took(n.CloseP90, n.Closed), perCustomer(n), satisfied(n)})
	}
	if r.Total.Now.Rated+r.Total.Before.Rated == 0 { // there are no surveys, or only such of NPS
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
	}
	return rows
}

// number writes a count with its difference.
func number(now, before int) string {
	switch diff := now - before; {
	case diff > 0:
		return fmt.Sprintf("%d (+%d)", now, diff)
	case diff < 0:
		return fmt.Sprintf("%d (−%d)", now, -diff)
	}
	return strconv.Itoa(now)
}

const unmeasured = "–"

// took writes a duration that was measured of some conversations.
func took(d time.Duration, of int) string {
	switch {
	case of == 0:
		return unmeasured
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

func perCustomer(f Figures) string {
	if f.Customers == 0 {
		return unmeasured
	}
	return fmt.Sprintf("%.2f", float64(f.Conversations)/float64(f.Customers))
}

func satisfied(f Figures) string {
	if f.Rated == 0 {
		return unmeasured
	}
	return fmt.Sprintf("%.0f %% of %d", 100*float64(f.Satisfied)/float64(f.Rated), f.Rated)
}

// columns are the names of what [Report.Values] returns, durations in seconds.
var columns = []string{"conversations", "closed", "answered", "first_answer_median_s", "first_answer_p90_s", "closed_after_median_s", "closed_after_p90_s", "customers", "rated", "satisfied"}

// Columns returns the names of the columns of [Report.Values].
func (r *Report) Columns() []string {
	all := []string{"row"}
	for _, prefix := range []string{"", "before_"} {
		for _, c := range columns {
			all = append(all, prefix+c)
		}
	}
	return all
}

// Values returns the figures as texts for programs, a row each; what was not measured is empty.
func (r *Report) Values() [][]string {
	var rows [][]string
	for _, row := range append(append([]Row{r.Total}, r.Handled...), r.Rows...) {
		line := []string{row.Name}
		for _, f := range []Figures{row.Now, row.Before} {
			seconds := func(d time.Duration, of int) string {
				if of == 0 {
					return ""
				}
				return strconv.Itoa(int(d.Seconds()))
			}
			line = append(line, strconv.Itoa(f.Conversations), strconv.Itoa(f.Closed), strconv.Itoa(f.Answered), seconds(f.AnswerMedian, f.Answered), seconds(f.AnswerP90, f.Answered),
				seconds(f.CloseMedian, f.Closed), seconds(f.CloseP90, f.Closed), strconv.Itoa(f.Customers), strconv.Itoa(f.Rated), strconv.Itoa(f.Satisfied))
		}
		rows = append(rows, line)
	}
	return rows
}
