package archive

// Table is the answer to a query in SQL.
type Table struct {
	Columns []string
	Rows    [][]any // of nil, int64, float64 and string
	More    bool    // there are more rows
}

// QueryError says what is wrong with a query in SQL.
type QueryError struct{ Problem string }

func (e *QueryError) Error() string { return e.Problem }

// Column is a column of the tables that a query reads.
type Column struct{ Table, Name, Says string }

// Columns are those of the tables that a query in SQL reads. Times are UTC, as in 2026-03-01 14:05:00; a field that has no value is NULL.
var Columns = []Column{
	{"conversations", "id", "the conversation's number"},
	{"conversations", "created_at", ""},
	{"conversations", "queued_at", ""},
	{"conversations", "assigned_at", "last"},
	{"conversations", "closed_at", ""},
	{"conversations", "updated_at", ""},
	{"conversations", "last_message_at", ""},
	{"conversations", "handling_seconds", "in which Dixa agents had it"},
	{"conversations", "channel", "as exports name it, such as email, widgetchat or pstnphone"},
	{"conversations", "direction", "inbound or outbound"},
	{"conversations", "status", ""},
	{"conversations", "queue", "name"},
	{"conversations", "assignee", "name"},
	{"conversations", "customer_id", ""},
	{"conversations", "customer_name", ""},
	{"conversations", "customer_email", ""},
	{"conversations", "customer_phone", ""},
	{"conversations", "subject", ""},
	{"conversations", "rating_score", ""},
	{"conversations", "rating_message", ""},
	{"conversations", "anonymized", "1 or 0"},
	{"messages", "id", ""},
	{"messages", "conversation", "number"},
	{"messages", "created_at", ""},
	{"messages", "direction", "inbound or outbound"},
	{"messages", "automated", "1 or 0"},
	{"messages", "call_seconds", "duration of a call"},
	{"messages", "author_name", ""},
	{"messages", "author_email", ""},
	{"messages", "text", ""},
	{"tags", "conversation", "number"},
	{"tags", "name", ""},
}
