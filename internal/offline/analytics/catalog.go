package analytics

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// metric is a number over rows; record is the rows themselves.
type metric struct {
	id, description   string
	filters, measures []string
	records           []string
	perAgent          bool
	rows              func(*desk.World) []row
}

type record struct {
	id, description string
	filters         []string
	metrics         []string
	timestamp       string // name of the primary timestamp
	fields          []recordField
	rows            func(*desk.World) []row
	valued          bool // rows have a value of their own
}

var (
	allFilters  = strings.Fields("agent_id queue_id channel initial_direction tag_id contact_point")
	mostFilters = allFilters[1:]
)

var metrics = []*metric{
	{"csat", "(Number of satisfied customers (4 and 5)/ Number of survey responses) x 100 = % of satisfied customers",
		allFilters, []string{"Percentage", "Count"}, []string{"ratings"}, false, ratingRows},
	{"closed_conversations", "Closed conversation data", mostFilters, []string{"Count"}, []string{"closed_conversations"}, false,
		closedRows},
	{"first_response_time", "Seconds from the creation of a conversation to the first answer of an agent", allFilters,
		[]string{"Average", "Min", "Max", "StdDev", "Count"}, []string{}, false, responseRows},
	{"conversation_assignments_per_agent", "Conversations assigned to agents. Count is the number of agents, Sum that of assignments",
		allFilters, []string{"Count", "Sum", "Average", "Min", "Max"}, []string{}, true, assignmentRows},
}

var records = []*record{
	{"ratings", "Conversation Ratings", allFilters, []string{"csat"}, "rated_at", ratingFields, ratingRows, true},
	{"closed_conversations", "Closed conversation data", mostFilters, []string{"closed_conversations"}, "closed_at", closedFields,
		closedRows, false},
}

func metricNamed(id string) *metric {
	i := slices.IndexFunc(metrics, func(m *metric) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	return metrics[i]
}

func recordNamed(id string) *record {
	i := slices.IndexFunc(records, func(r *record) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return records[i]
}

// ratingRows returns the answered questions about satisfaction.
func ratingRows(w *desk.World) []row {
	var rows []row
	for _, c := range w.Conversations {
		for _, r := range w.RatingsOf(c) {
			if r.Kind == "Csat" && !r.Rated.IsZero() {
				rows = append(rows, row{r.Rated, c, r.Agent, float64(r.Score), r.Comment})
			}
		}
	}
	return rows
}

func closedRows(w *desk.World) []row {
	var rows []row
	for _, c := range w.Conversations {
		if !c.Closed.IsZero() {
			rows = append(rows, row{at: c.Closed, conv: c, agent: c.ClosedBy})
		}
	}
	return rows
}

// responseRows returns the first answers to what customers began.
func responseRows(w *desk.World) []row {
	var rows []row
	for _, c := range w.Conversations {
		if c.Direction != "Inbound" {
			continue
		}
		if first := w.FirstAnswer(c); !first.At.IsZero() {
			rows = append(rows, row{at: first.At, conv: c, agent: c.Agent, value: first.At.Sub(c.Created).Seconds()})
		}
	}
	return rows
}

func assignmentRows(w *desk.World) []row {
	var rows []row
	for _, c := range w.Conversations {
		if c.Agent != "" {
			rows = append(rows, row{at: c.Assigned, conv: c, agent: c.Agent, value: 1})
		}
	}
	return rows
}

// Metric is a metric as it is on the wire.
type Metric struct {
	ID               string            `json:"id"`
	Description      string            `json:"description"`
	Filters          []filterWire      `json:"filters"`
	Aggregations     []aggregationWire `json:"aggregations"`
	RelatedRecordIDs []string          `json:"relatedRecordIds"`
}

type filterWire struct {
	FilterAttribute string `json:"filterAttribute"`
	Description     string `json:"description"`
}

type aggregationWire struct {
	Measure     string `json:"measure"`
	Description string `json:"description"`
}

func describeFilters(names []string) []filterWire {
	all := []filterWire{}
	for _, n := range names {
		all = append(all, filterWire{n, "Used to filter by the " + n})
	}
	return all
}

func (m *metric) wire() Metric {
	w := Metric{m.id, m.description, describeFilters(m.filters), []aggregationWire{}, m.records}
	for _, measure := range m.measures {
		w.Aggregations = append(w.Aggregations, aggregationWire{measure, "Calculated " + measure})
	}
	return w
}

// Metrics returns what there is to ask for.
func Metrics() []Metric {
	all := []Metric{}
	for _, m := range metrics {
		all = append(all, m.wire())
	}
	return all
}

// MetricNamed returns one metric.
func MetricNamed(id string) (Metric, error) {
	m := metricNamed(id)
	if m == nil {
		return Metric{}, wire.ErrParam.Because("there is no metric %q", id)
	}
	return m.wire(), nil
}
