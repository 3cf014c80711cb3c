package gate

import (
	"bytes"
	"encoding/json"
	"fmt"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// noDrafts refuses to write the sealed note of a draft with any tool but the one that makes drafts: a copy would look new, so that the draft
// could be sent once more, or after it expired.
func noDrafts(tool *tools.Tool, operation string, arguments json.RawMessage) error {
	if tool.Drafts() || !bytes.ContainsRune(arguments, '\\') { // a draft has lines, and JSON escapes their ends
		return nil
	}
	var value any
	if err := json.Unmarshal(arguments, &value); err != nil {
		return fmt.Errorf("arguments of %s: %w", operation, err)
	}
	if !hasDraft(value) {
		return nil
	}
	return &dixaclient.InputError{Operation: operation, Problem: "has the note of a draft with its seal, which only draft_reply writes; name the draft by its number"}
}

// hasDraft reports whether any text in a value has the note of a draft.
func hasDraft(value any) bool {
	switch v := value.(type) {
	case string:
		return tools.HasDraft(v)
	case []any:
		for _, item := range v {
			if hasDraft(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if hasDraft(item) {
				return true
			}
		}
	}
	return false
}
