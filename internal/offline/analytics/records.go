package analytics

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// recordField is a field of a record: how it is described, and what it holds for a row; nil leaves it out.
type recordField struct {
	name, description string
	nullable          bool
	of                func(*desk.World, row) any
}

// fieldValue is the value of a field, told apart by its type.
type fieldValue struct {
	Value any    `json:"value"`
	Label string `json:"label,omitzero"`
	Type  string `json:"_type"`
}

var (
	conversationOf = recordField{"conversation_id", "Conversation ID", false, func(_ *desk.World, r row) any {
		return fieldValue{r.conv.ID, "", "LongField"}
	}}
	queueOf = recordField{"queue_id", "The queue which the conversation was part of", true, func(w *desk.World, r row) any {
		if q := w.Queues.ByID[r.conv.Queue]; q != nil {
			return fieldValue{q.ID, q.Name, "UUIDField"}
		}
		return nil
	}}
	agentOf = recordField{"agent_id", "The agent of the conversation", true, func(w *desk.World, r row) any {
		if a := w.Agents.ByID[r.agent]; a != nil {
			return fieldValue{a.ID, a.DisplayName, "UUIDField"}
		}
		return nil
	}}
	channelOfRow = recordField{"initial_channel", "Channel of the conversation", false, func(_ *desk.World, r row) any {
		return fieldValue{r.conv.Channel.Upper, r.conv.Channel.Label, "StringField"}
	}}
	directionOf = recordField{"initial_direction", "Direction of the conversation", false, func(_ *desk.World, r row) any {
		return fieldValue{strings.ToUpper(r.conv.Direction), r.conv.Direction, "StringField"}
	}}
)

var ratingFields = []recordField{conversationOf, agentOf, queueOf, channelOfRow, directionOf,
	{"comment", "What the customer wrote", true, func(_ *desk.World, r row) any {
		if r.note == "" {
			return nil
		}
		return fieldValue{r.note, "", "StringField"}
	}}}

var closedFields = []recordField{
	{"closed_at", "Timestamp of when the conversation was closed", false, func(_ *desk.World, r row) any {
		return fieldValue{wire.MilliTime(r.at), "", "InstantField"}
	}},
	conversationOf, agentOf, queueOf, channelOfRow, directionOf,
	{"closed_by", "User closing the conversation (Agent, Enduser or Unknown)", false, func(w *desk.World, r row) any {
		if w.Agents.Has(r.agent) {
			return fieldValue{"Agent", "Agent", "StringField"}
		}
		return fieldValue{"Unknown", "Unknown", "StringField"}
	}},
}

// RecordType describes a kind of records.
type RecordType struct {
	ID               string       `json:"id"`
	Description      string       `json:"description"`
	Filters          []filterWire `json:"filters"`
	RelatedMetricIDs []string     `json:"relatedMetricIds"`
	FieldsMetadata   []fieldWire  `json:"fieldsMetadata"`
}

type fieldWire struct {
	Field       string `json:"field"`
	Description string `json:"description"`
	Nullable    bool   `json:"nullable"`
}

func (r *record) wire() RecordType {
	w := RecordType{r.id, r.description, describeFilters(r.filters), r.metrics, []fieldWire{}}
	for _, f := range r.fields {
		w.FieldsMetadata = append(w.FieldsMetadata, fieldWire{f.name, f.description, f.nullable})
	}
	return w
}

// RecordTypes returns the records that there are to ask for.
func RecordTypes() []RecordType {
	all := []RecordType{}
	for _, r := range records {
		all = append(all, r.wire())
	}
	return all
}

// RecordTypeNamed returns the description of one kind of records.
func RecordTypeNamed(id string) (RecordType, error) {
	r := recordNamed(id)
	if r == nil {
		return RecordType{}, wire.ErrParam.Because("there is no record %q", id)
	}
	return r.wire(), nil
}

// Record is one record as it is on the wire.
type Record struct {
	Primary timestampWire `json:"primaryTimestampField"`
	Value   *fieldValue   `json:"value,omitzero"`
	Fields  []namedField  `json:"fields"`
}

type timestampWire struct {
	Name      string `json:"name"`
	Timestamp string `json:"timestamp"`
}

type namedField struct {
	Name  string `json:"name"`
	Field any    `json:"field"`
}

// Records returns the records that a question asks for at a moment, oldest first.
func Records(w *desk.World, now time.Time, in Question) ([]Record, error) {
	rec := recordNamed(in.ID)
	if rec == nil {
		return nil, wire.ErrParam.Because("there is no record %q", in.ID)
	}
	rows, err := rowsOf(w, now, in, rec.rows, rec.filters)
	if err != nil {
		return nil, err
	}
	all := []Record{}
	for _, r := range rows {
		all = append(all, rec.row(w, r))
	}
	return all, nil
}

func (rec *record) row(w *desk.World, r row) Record {
	v := Record{Primary: timestampWire{rec.timestamp, wire.MilliTime(r.at)}, Fields: []namedField{}}
	if rec.valued {
		v.Value = &fieldValue{int64(r.value), "", "LongField"}
	}
	for _, f := range rec.fields {
		if held := f.of(w, r); held != nil {
			v.Fields = append(v.Fields, namedField{f.name, held})
		}
	}
	return v
}
