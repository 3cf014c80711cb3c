package dixaclient

// MetricRef names a metric, such as closed_conversations.
type MetricRef struct {
	MetricID Name `json:"metricId" in:"path"`
}

// MetricRecordRef names a kind of row, such as ratings.
type MetricRecordRef struct {
	RecordID Name `json:"recordId" in:"path"`
}

// ListMetricFilterValuesIn names an attribute that metrics are filtered by.
type ListMetricFilterValuesIn struct {
	FilterAttribute Name `json:"filterAttribute" in:"path"`
	Page
}

// FilterValue is a value that an attribute can have, and its name for people.
type FilterValue struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// MetricRecordKind is a kind of row, and what it can be asked with.
type MetricRecordKind struct {
	ID               Name              `json:"id"`
	Description      string            `json:"description"`
	Filters          []FilterAttribute `json:"filters"`
	RelatedMetricIDs []Name            `json:"relatedMetricIds"`
	FieldsMetadata   []RecordFieldKind `json:"fieldsMetadata"`
}

// RecordFieldKind describes a field of a kind of row.
type RecordFieldKind struct {
	Field       string `json:"field"`
	Description string `json:"description"`
	Nullable    bool   `json:"nullable"`
}

// Metric is a number that Dixa computes over conversations, ratings or agents, and what it can be asked with.
type Metric struct {
	ID               Name              `json:"id"`
	Description      string            `json:"description"`
	Filters          []FilterAttribute `json:"filters"`
	Aggregations     []Measure         `json:"aggregations"`
	RelatedRecordIDs []Name            `json:"relatedRecordIds"`
}

// FilterAttribute is an attribute that metrics and records can be filtered by.
type FilterAttribute struct {
	FilterAttribute Name   `json:"filterAttribute"`
	Description     string `json:"description"`
}

// Measure is an aggregation that a metric offers.
type Measure struct {
	Measure     Aggregation `json:"measure"`
	Description string      `json:"description"`
}

// Aggregation is how a metric sums up.
type Aggregation string

// Values returns Dixa's eight aggregations; each metric offers some of them.
func (Aggregation) Values() []string {
	return []string{"Count", "Sum", "Average", "Min", "Max", "StdDev", "Percentage", "AgentPresenceDuration"}
}

// Preset is a period that Dixa computes in the query's time zone.
type Preset string

// Values returns Dixa's nine periods.
func (Preset) Values() []string {
	return []string{"Today", "Yesterday", "ThisWeek", "PreviousWeek", "ThisMonth", "PreviousMonth", "ThisQuarter", "PreviousQuarter", "ThisYear"}
}

// AnalyticsFilter keeps what has one of the values; an attribute that a metric does not know is ignored by Dixa.
type AnalyticsFilter struct {
	Attribute Name     `json:"attribute"`
	Values    []string `json:"values,omitzero"`
}

// AnalyticsQuery says what is asked, and over which period or conversations: a preset, start and end, or csidFilter.
type AnalyticsQuery struct {
	ID         Name              `json:"id"`
	Timezone   string            `json:"timezone" time:"zone" jsonschema_description:"IANA name"`
	Preset     Preset            `json:"preset,omitzero" jsonschema_description:"preset, start and end, or csidFilter"`
	Start      Time              `json:"start,omitzero"`
	End        Time              `json:"end,omitzero" time:"end"`
	CSIDFilter []int64           `json:"csidFilter,omitzero" check:"min=1" jsonschema_description:"conversation ids"`
	Filters    []AnalyticsFilter `json:"filters,omitzero"`
}

// analyticsBody is Dixa's form of a query. Its union has no _type, but its period does.
type analyticsBody struct {
	ID           Name              `json:"id"`
	Timezone     string            `json:"timezone"`
	PeriodFilter map[string]any    `json:"periodFilter,omitzero"`
	CSIDFilter   []int64           `json:"csidFilter,omitzero"`
	Filters      []AnalyticsFilter `json:"filters,omitzero"`
	Aggregations []Aggregation     `json:"aggregations,omitzero"`
}

// Body returns Dixa's form of the query. It refuses anything but one period or list of conversations.
func (q AnalyticsQuery) Body() (any, error) { return q.body(nil) }

// body returns the query with aggregations, which only metrics have.
func (q AnalyticsQuery) body(aggregations []Aggregation) (any, error) {
	b := analyticsBody{q.ID, q.Timezone, nil, q.CSIDFilter, q.Filters, aggregations}
	preset, interval, ids := q.Preset != "", !q.Start.IsZero() && !q.End.IsZero(), q.CSIDFilter != nil
	half := !interval && !(q.Start.IsZero() && q.End.IsZero())
	switch {
	case preset && !interval && !half && !ids:
		b.PeriodFilter = map[string]any{"_type": "Preset", "value": map[string]any{"_type": q.Preset}}
	case interval && !preset && !ids:
		b.PeriodFilter = map[string]any{"_type": "Interval", "start": q.Start, "end": q.End}
	case ids && !preset && !interval && !half:
	default:
		return nil, &InputError{Problem: "needs exactly one of: preset; start and end; csidFilter"}
	}
	return b, nil
}

// QueryMetricIn asks a metric.
type QueryMetricIn struct {
	AnalyticsQuery
	Aggregations []Aggregation `json:"aggregations,omitzero"`
}

// Body returns Dixa's form of the query.
func (in QueryMetricIn) Body() (any, error) { return in.body(in.Aggregations) }

// MetricData is a metric's answer.
type MetricData struct {
	ID         Name             `json:"id"`
	Aggregates []AggregateValue `json:"aggregates"`
}

// AggregateValue is one aggregation's result; Value is a number, or the durations of an AgentPresenceDurationValue.
type AggregateValue struct {
	Type    string      `json:"_type"`
	Measure Aggregation `json:"measure"`
	Value   any         `json:"value"`
}

// QueryMetricRecordsIn asks for the rows behind metrics. The limit of 300 a page is Dixa's own clients'; later pages
// need the same query.
type QueryMetricRecordsIn struct {
	AnalyticsQuery
	PageLimit int    `json:"pageLimit,omitzero" in:"query" check:"min=1,max=300"`
	PageKey   string `json:"pageKey,omitzero" in:"query"`
}

// MetricRecord is one row.
type MetricRecord struct {
	PrimaryTimestampField RecordTime    `json:"primaryTimestampField"`
	Value                 *RecordValue  `json:"value"`
	Fields                []RecordField `json:"fields"`
}

// RecordTime is the moment that decides whether a row lies in the period.
type RecordTime struct {
	Name      string `json:"name"`
	Timestamp Time   `json:"timestamp"`
}

// RecordField is one named value of a row.
type RecordField struct {
	Name  string      `json:"name"`
	Field RecordValue `json:"field"`
}

// RecordValue is a value of a row; Type is StringField, LongField, …. A ListField has Values, a TimestampField
// Timestamp, all others Value.
type RecordValue struct {
	Type      string        `json:"_type"`
	Value     any           `json:"value"`
	Label     string        `json:"label"`
	Timestamp Time          `json:"timestamp"`
	Values    []RecordValue `json:"values"`
}

// The operations on analytics. Source: Dixa API v1, "Analytics".
var (
	ListMetrics            = op[Page, []Metric]("list_metrics", "GET /v1/analytics/metrics", Read, shared, paged)
	QueryMetric            = op[QueryMetricIn, MetricData]("query_metric", "POST /v1/analytics/metrics", Read, idempotent)
	GetMetric              = op[MetricRef, Metric]("get_metric", "GET /v1/analytics/metrics/{metricId}", Read, shared)
	ListMetricFilterValues = op[ListMetricFilterValuesIn, []FilterValue]("list_metric_filter_values", "GET /v1/analytics/filter/{filterAttribute}", Read, shared, paged)
	ListMetricRecords      = op[Page, []MetricRecordKind]("list_metric_records", "GET /v1/analytics/records", Read, shared, paged)
	GetMetricRecord        = op[MetricRecordRef, MetricRecordKind]("get_metric_record", "GET /v1/analytics/records/{recordId}", Read, shared)
	QueryMetricRecords     = op[QueryMetricRecordsIn, []MetricRecord]("query_metric_records", "POST /v1/analytics/records", Read, idempotent, paged)
)
