package tools

import (
	"reflect"
	"strings"

	"dixa-mcp/internal/view"
)

// trust says who wrote the text in the fields of one type of answer, as paths such as "assignment.queue" that hold for
// all below them. Text in a field that is listed nowhere is untrusted. UUIDs, times, id and _type need no entry.
type trust struct {
	trusted   string // written by the organization, Dixa, or the caller
	untrusted string // written by customers and others outside, or often copied from them; the object around it is marked
}

// fieldsOf returns the table of an answer's type, with the reports that tools make of outcomes.
func fieldsOf(t reflect.Type) view.Fields {
	item, outcomes := itemOf(t)
	fields, prefix := view.Fields{}, ""
	if outcomes {
		fields["failures"], fields["retry"], fields["note"] = view.Trusted, view.Trusted, view.Trusted
		prefix = "results."
	}
	list := answers[item]
	for _, kind := range []struct {
		paths string
		trust view.Trust
	}{{list.trusted, view.Trusted}, {list.untrusted, view.Untrusted}} {
		for path := range strings.FieldsSeq(kind.paths) {
			fields[prefix+path] = kind.trust
		}
	}
	return fields
}

// itemOf returns the type of one item of an answer, and whether the items are outcomes, of which a report is made.
func itemOf(t reflect.Type) (item reflect.Type, outcomes bool) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if generic := strings.Contains(t.Name(), "["); generic && t.Kind() == reflect.Struct {
		if data, ok := t.FieldByName("Data"); ok {
			item, _ = itemOf(data.Type)
			return item, true
		}
	}
	return t, false
}

// trusting makes fields of one tool's answer trusted.
func trusting(paths ...string) option {
	return func(t *Tool) {
		for _, path := range paths {
			t.View.Fields[path] = view.Trusted
		}
	}
}
