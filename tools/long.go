package tools

import (
	"reflect"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// longTexts are the fields of Dixa's answers that hold prose of any length. Other strings are names, addresses and states.
var longTexts = map[string]bool{"Description": true, "Message": true, "Comment": true, "Text": true, "HTML": true, "Plaintext": true, "ResponseText": true}

// canBeLong reports whether one item of an answer can be longer than an answer, so that its rest needs an offset: it holds
// text of outsiders, prose, or a list whose length nothing bounds.
func canBeLong(fields view.Fields, item reflect.Type) bool {
	for _, trust := range fields {
		if trust != view.Trusted {
			return true
		}
	}
	return grows(item)
}

// grows reports whether a value of a type has parts of any length.
func grows(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return grows(t.Elem())
	case reflect.Interface:
		return true
	case reflect.Slice, reflect.Map: // of words and numbers there are few: roles, addresses, limits
		k := t.Elem().Kind()
		return k == reflect.Struct || k == reflect.Interface || k == reflect.Pointer || k == reflect.Slice || k == reflect.Map
	case reflect.Struct:
		if t == reflect.TypeFor[dixaclient.Time]() {
			return false
		}
		for i := range t.NumField() {
			if f := t.Field(i); longTexts[f.Name] || grows(f.Type) {
				return true
			}
		}
	}
	return false
}
