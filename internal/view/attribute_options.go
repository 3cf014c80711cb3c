package view

import "strings"

// Option is what [Options.Things] has for the values of custom attributes, which can be options. Beside such a field is the id
// of the attribute.
const Option = "value of a custom attribute"

// Customer is the thing of which an outsider chose the name.
const Customer = "end user"

// OptionID returns the id by which [Options.Names] is asked for the label of an option, at the end of a path of values.
func OptionID(attribute string, path ...string) string {
	return attribute + "\x00" + strings.Join(path, "\x00")
}

// OptionPath returns what [OptionID] was given.
func OptionPath(id string) (attribute string, path []string) {
	attribute, values, _ := strings.Cut(id, "\x00")
	return attribute, strings.Split(values, "\x00")
}

// attribute returns the id of the custom attribute whose value a field of an object holds, "" for all other fields.
func (t *texter) attribute(path string, obj []byte) string {
	if obj == nil || t.o.Things[path] != Option || t.o.Names == nil {
		return ""
	}
	if id := at(obj, "id"); isString(id) {
		return unquote(id)
	}
	return ""
}

// option writes a value of a custom attribute, the next on the path to an option: its label, which it may not have.
func (t *texter) option(value string) bool {
	t.of += "\x00" + value
	label := t.o.Names(Option, t.of)
	if label == "" || label == value {
		return false
	}
	t.out = appendValue(t.out, label, false)
	if t.o.IDs {
		t.out = append(appendValue(append(t.out, " ("...), value, true), ')')
	}
	return true
}
