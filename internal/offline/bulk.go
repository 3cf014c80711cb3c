package offline

// outcome is what became of one item of a bulk request: the request as a whole succeeds whatever the items do.
type outcome struct {
	Data  any        `json:"data,omitzero"`
	Error *bulkError `json:"error,omitzero"`
	Type  string     `json:"_type"`
}

type bulkError struct {
	ID      string `json:"id,omitzero"`
	Message string `json:"message"`
	Type    string `json:"_type,omitzero"`
}

func succeeded(v any) outcome { return outcome{Data: v, Type: "BulkActionSuccess"} }

// failed returns the failure of one item. The kind is a member of the contract's BulkError, or empty for notes, whose
// errors have none.
func failed(kind, id, message string) outcome {
	return outcome{Error: &bulkError{ID: id, Message: message, Type: kind}, Type: "BulkActionFailure"}
}

// agentIDsIn is the body of operations on the members of a team or a queue.
type agentIDsIn struct {
	AgentIDs []string `wire:"agentIds,uuid"`
}
