package desk

import (
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// Tag is a label for conversations.
type Tag struct {
	ID, Name, Color string
	Inactive        bool
}

// TagNamed finds a tag by its name, nil when there is none.
func (w *World) TagNamed(name string) *Tag {
	for _, t := range w.Tags.List {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// Attribute is the definition of a custom attribute.
type Attribute struct {
	ID, Entity, Identifier, Label, Description string
	Created                                    time.Time
	Required, Archived, Deactivated            bool
	Placeholder                                string    // of a Text
	Options                                    []*Option // of a Select
}

// Option is one choice of a Select.
type Option struct {
	ID            string    `json:"id"`
	Label         string    `json:"label"`
	Value         string    `json:"value"`
	NestedOptions []*Option `json:"nestedOptions"`
	IsDeactivated bool      `json:"isDeactivated"`
	OrderIndex    int       `json:"orderIndex"`
}

// AttributeNamed finds a custom attribute by its identifier, nil when there is none.
func (w *World) AttributeNamed(identifier string) *Attribute {
	for _, a := range w.Attributes.List {
		if a.Identifier == identifier {
			return a
		}
	}
	return nil
}

// Type returns how a value is entered: Text or Select.
func (a *Attribute) Type() string {
	if a.Options != nil {
		return "Select"
	}
	return "Text"
}

// Value checks a value: a string for a Text, the path of a known option as an array for a Select.
func (a *Attribute) Value(raw any) (any, error) {
	if s, ok := raw.(string); ok && a.Options == nil {
		return s, nil
	}
	items, ok := raw.([]any)
	if !ok && a.Options != nil {
		if _, text := raw.(string); text {
			return nil, wire.Invalid("Invalid input for patching").Because("%s is a Select, its value is an array", a.Identifier)
		}
	}
	if !ok {
		return nil, wire.ErrBody.Because("the value of %s is neither a string nor an array", a.Identifier)
	}
	path := []string{}
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, wire.ErrBody.Because("the value of %s has something in it that is not a string", a.Identifier)
		}
		path = append(path, s)
	}
	if a.Options == nil || !onPath(a.Options, path) {
		return nil, wire.Invalid("Invalid input for patching").Because("%s has no option %s", a.Identifier, strings.Join(path, " > "))
	}
	return path, nil
}

// onPath reports whether a path leads through the options.
func onPath(options []*Option, path []string) bool {
	if len(path) == 0 {
		return false
	}
	i := slices.IndexFunc(options, func(o *Option) bool { return o.Value == path[0] && !o.IsDeactivated })
	return i >= 0 && (len(path) == 1 || onPath(options[i].NestedOptions, path[1:]))
}

// AttributeValue is the value of an attribute: a string for Text, the path of labels' values for Select.
type AttributeValue struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Value      any    `json:"value"`
}

// Values writes attribute values in the order of the definitions.
func (w *World) Values(held map[string]any) []AttributeValue {
	values := []AttributeValue{}
	for _, a := range w.Attributes.List {
		if v, ok := held[a.ID]; ok {
			values = append(values, AttributeValue{ID: a.ID, Name: a.Label, Identifier: a.Identifier, Value: v})
		}
	}
	return values
}
