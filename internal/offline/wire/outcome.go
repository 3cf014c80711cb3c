package wire

// Outcome is what became of one item of a bulk request: the request as a whole succeeds whatever the items do.
type Outcome struct {
	Data  any        `json:"data,omitzero"`
	Error *bulkError `json:"error,omitzero"`
	Type  string     `json:"_type"`
}

type bulkError struct {
	ID      string `json:"id,omitzero"`
	Message string `json:"message"`
	Type    string `json:"_type,omitzero"`
}

// Succeeded returns the success of one item.
func Succeeded(v any) Outcome { return Outcome{Data: v, Type: "BulkActionSuccess"} }

// Failed returns the failure of one item. The kind is a member of the contract's BulkError, or empty for notes, whose
// errors have none.
func Failed(kind, id, message string) Outcome {
	return Outcome{Error: &bulkError{ID: id, Message: message, Type: kind}, Type: "BulkActionFailure"}
}
