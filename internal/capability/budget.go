package capability

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

const (
	maxPerSecond = 10      // requests, Dixa's limit
	maxPerDay    = 864_000 // requests, the same limit over a day
)

// Budget bounds how much an agent may do in a time. 0 means that nothing bounds it but Dixa's own limits.
type Budget struct {
	PerPerson                   bool // each person who signed in has a budget of their own
	RequestsPerSecond           float64
	RequestsPerDay              int
	WritesPerHour, WritesPerDay int
	SendsPerHour, SendsPerDay   int
	ErasesPerHour, ErasesPerDay int
	RowsPerHour                 int // of the archive and the inbox of events; never 0
	RecordsPerHour              int // the same number for rows of Dixa's answers, which count with them; 0 unless the file says it
}

// DefaultRowsPerHour is how many rows of the archive and the inbox of events an agent is shown in an hour if the file does not say so.
const DefaultRowsPerHour = 1000

const rowsPerHour = "rows_per_hour"

// Budget returns what bounds the agent's use.
func (s *settings) Budget() Budget {
	b := s.source.Budget.value
	return Budget{
		PerPerson:         b.Per.text == perPerson,
		RequestsPerSecond: b.RequestsPerSecond.value.number,
		RequestsPerDay:    b.RequestsPerDay.value.number,
		WritesPerHour:     b.WritesPerHour.value.number,
		WritesPerDay:      b.WritesPerDay.value.number,
		SendsPerHour:      b.SendsPerHour.value.number,
		SendsPerDay:       b.SendsPerDay.value.number,
		ErasesPerHour:     b.ErasesPerHour.value.number,
		ErasesPerDay:      b.ErasesPerDay.value.number,
		RowsPerHour:       cmp.Or(b.RowsPerHour.value.number, DefaultRowsPerHour),
		RecordsPerHour:    b.RowsPerHour.value.number,
	}
}

// Words lists what the budget bounds, such as "200 writes per hour".
func (b Budget) Words() []string {
	var all []string
	for _, l := range b.lines() {
		if l.most != 0 && (l.key != rowsPerHour || l.most != DefaultRowsPerHour) {
			all = append(all, l.amount()+" "+strings.ReplaceAll(l.key, "_", " "))
		}
	}
	return all
}

// rate is a number of requests a second.
type rate struct{ number float64 }

var decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`) })

func (r *rate) decode(d *decoder, n *yaml.Node, key string) {
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Tag != "!!int" && n.Tag != "!!float" || !decimal().MatchString(n.Value) || err != nil || f <= 0 || f > maxPerSecond {
		d.fail(place(n, key), "must be a number above 0 and at most %d, such as 2 or 0.5: Dixa takes no more", maxPerSecond)
		return
	}
	r.number = f
}

// count is a number of things in an hour or a day.
type count struct{ number int }

func (c *count) decode(d *decoder, n *yaml.Node, key string) {
	i, err := strconv.Atoi(n.Value)
	if n.Tag != "!!int" || !decimal().MatchString(n.Value) || err != nil || i <= 0 {
		d.fail(place(n, key), "must be a whole number above 0, such as 200")
		return
	}
	c.number = i
}

// The values of per, under budget.
const (
	perAgent  = "agent"
	perPerson = "person"
)

// checkBudget holds the requests of a day against what Dixa takes.
func (d *decoder) checkBudget(b *budget) {
	if w := b.Per; w.line > 0 && w.text != perAgent && w.text != perPerson {
		d.fail(w.at, "must be agent or person, not %.80q%s", w.text, didYouMean(w.text, []string{perAgent, perPerson}))
	}
	if b.RequestsPerDay.value.number > maxPerDay {
		d.fail(b.RequestsPerDay.at, "must be at most %d: Dixa takes no more", maxPerDay)
	}
}
