package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// writable refuses a write of texts that no tool writes for an agent.
func (c *call) writable(operation string, arguments json.RawMessage) error {
	if err := noPlaceholders(operation, arguments, toolsFor(c.agent)); err != nil {
		return err
	}
	return noDrafts(c.tool, operation, arguments)
}

// noPlaceholders refuses a write that has a placeholder of an answer in any of its texts or names, however deep: what it
// stands for would be lost. tools names the tools of the writer, as [toolsFor] does.
func noPlaceholders(operation string, arguments json.RawMessage, tools func(operation string) string) error {
	if !view.MayHavePlaceholder(string(arguments)) {
		return nil
	}
	var value any
	if err := json.Unmarshal(arguments, &value); err != nil {
		return fmt.Errorf("arguments of %s: %w", operation, err)
	}
	field, found, instead := placeholderIn("", value, tools)
	if found == "" {
		return nil
	}
	return &dixaclient.InputError{Operation: operation, Field: field, Problem: fmt.Sprintf("holds %q, which an answer has in place of something that it does not show, so it must not be written: %s", found, instead)}
}

// placeholderIn finds the first placeholder in a value, with the path of the argument that holds it.
func placeholderIn(path string, value any, tools func(operation string) string) (field, found, instead string) {
	switch v := value.(type) {
	case string:
		found, instead = view.FindPlaceholder(v, tools)
		return path, found, instead
	case []any:
		for i, item := range v {
			if field, found, instead = placeholderIn(fmt.Sprintf("%s[%d]", path, i), item, tools); found != "" {
				return field, found, instead
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := name
			if path != "" {
				at = path + "." + name
			}
			if found, instead = view.FindPlaceholder(name, tools); found != "" {
				return path, found, instead
			}
			if field, found, instead = placeholderIn(at, v[name], tools); found != "" {
				return field, found, instead
			}
		}
	}
	return "", "", ""
}
