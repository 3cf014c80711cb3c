package dixaclient

// BulkOutcome is what became of one item of a bulk operation, whose HTTP status is success even if every item failed.
// Type is BulkActionSuccess, with Data, or BulkActionFailure, with Error.
type BulkOutcome[T any] struct {
	Type  string     `json:"_type"`
	Data  T          `json:"data"`
	Error *BulkError `json:"error"`
}

// BulkError is why an item failed. ID names the item where Dixa knows it; Type is one of EmptyPatchSet, ErrorResponse,
// Infrastructure, Integrity, InvalidArgument, NotFound, Validation, and empty for notes.
type BulkError struct {
	Type    string `json:"_type"`
	ID      string `json:"id"`
	Message string `json:"message"`
}
