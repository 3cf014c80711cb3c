package tools

import (
	"encoding/json"
	"fmt"
	"strings"

	"dixa-mcp/dixaclient"
)

// MessageText returns the argument that holds the text which the tool sends, or leaves for colleagues. It is the only one that an
// approver may edit. The arguments in instead name such a text in place of giving it. argument is "" for a tool without such a text.
func (t *Tool) MessageText() (argument string, instead []string) {
	if t.Bulk { // its approval is for a job, whose change is kept elsewhere
		return "", nil
	}
	for name, f := range dixaclient.Arguments(t.in) {
		if tag, ok := f.Tag.Lookup("edit"); ok {
			return name, strings.Fields(tag)
		}
	}
	return "", nil
}

// TextIn returns the text in arguments of the tool, "" where they give none.
func (t *Tool) TextIn(arguments json.RawMessage) string {
	argument, _ := t.MessageText()
	var all map[string]json.RawMessage
	var text string
	if json.Unmarshal(arguments, &all) != nil || json.Unmarshal(all[argument], &text) != nil {
		return ""
	}
	return text
}

// WithText returns arguments of the tool with another text, and with nothing else changed. They must give a text or name one.
func (t *Tool) WithText(arguments json.RawMessage, text string) (json.RawMessage, error) {
	argument, instead := t.MessageText()
	if argument == "" {
		return nil, fmt.Errorf("%s has no message text that can be edited", t.Name)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(arguments, &all); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", t.Name, err)
	}
	given := all[argument] != nil
	for _, name := range instead {
		given = given || all[name] != nil
		delete(all, name)
	}
	if !given {
		return nil, fmt.Errorf("this call of %s has no message text that can be edited", t.Name)
	}
	value, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	all[argument] = value
	return json.Marshal(all)
}
