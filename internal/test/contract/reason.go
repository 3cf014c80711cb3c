package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxReasons bounds how many faults of one body an error lists.
const maxReasons = 8

// bodyRoot is the root of places in a body.
const bodyRoot = "body"

// explain turns kin-openapi's errors into one error that says for each fault the place, the reason and the value.
// The root is what was judged; places in a body need no mention of it.
func explain(root string, err error) error {
	if err == nil {
		return nil
	}
	all := reasons(root, err)
	if more := len(all) - maxReasons; more > 0 {
		all = append(all[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(all, "; "))
}

func reasons(root string, err error) []string {
	var fault *openapi3.SchemaError
	switch e := err.(type) {
	case openapi3.MultiError:
		var all []string
		for _, inner := range e {
			all = append(all, reasons(root, inner)...)
		}
		return all
	case *openapi3.SchemaError:
		fault = e
	default:
		return []string{err.Error()}
	}
	if fault.SchemaField == "oneOf" {
		if inner := chosenMember(root, fault); len(inner) > 0 {
			return inner
		}
	}
	return []string{reason(root, fault)}
}

// chosenMember returns the faults of the member of a union that was meant: the one that _type names, else those
// whose kind of value fits.
func chosenMember(root string, union *openapi3.SchemaError) []string {
	var members openapi3.MultiError
	if !errors.As(union.Origin, &members) {
		return nil
	}
	here := place(union)
	var fit []string
	for _, member := range members {
		var fault *openapi3.SchemaError
		if errors.As(member, &fault) && fault.SchemaField == "type" && place(fault) == here {
			continue
		}
		fit = append(fit, reasons(root, member)...)
	}
	return fit
}

func place(e *openapi3.SchemaError) string { return strings.Join(e.JSONPointer(), ".") }

// reason says where a fault is, what it is, which schema says so and what was there instead.
func reason(root string, e *openapi3.SchemaError) string {
	at, text, got := place(e), e.Reason, ""
	switch e.SchemaField {
	case "discriminator":
		at = strings.TrimPrefix(at+"."+typeName, ".")
		known := slices.Sorted(maps.Keys(e.Schema.Discriminator.Mapping))
		text = "must be one of " + strings.Join(known, ", ")
		if e.Value == nil {
			text = "is missing, " + text
		} else {
			got = shown(e.Value)
		}
	case "required", "properties":
		if e.Schema.Title != "" {
			text += " in " + e.Schema.Title
		}
	case "not":
		text = e.Schema.Not.Value.Description
	case "anyOf":
		text = e.Schema.AnyOf[0].Value.Description
	case "oneOf":
		text = "fits none of the kinds of " + e.Schema.Title
		got = shown(e.Value)
	default:
		got = shown(e.Value)
	}
	switch {
	case at == "":
		at = root
	case root != bodyRoot:
		at = root + "." + at
	}
	if got != "" {
		got = ", got " + got
	}
	return at + ": " + text + got
}

// shown returns the beginning of a value as JSON.
func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	return excerpt(b, 60)
}

// excerpt cuts b to at most n bytes, at a rune.
func excerpt(b []byte, n int) string {
	if len(b) <= n {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:n]), "") + "…"
}
