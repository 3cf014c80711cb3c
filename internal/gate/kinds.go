package gate

import (
	"reflect"
	"slices"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

// kindsOf remembers the kinds of a tool's arguments; they follow from its type.
var kindsOf sync.Map // *tools.Tool → map[string]audit.Kind

// personal are the arguments that name a person or what was searched for: recorded so that the same one can be
// recognized and not read.
var personal = map[string]bool{
	"email": true, "phone": true, "phoneNumber": true, "additionalEmails": true, "additionalPhoneNumbers": true, "externalId": true,
	"displayName": true, "firstName": true, "lastName": true, "middleNames": true, "cc": true, "bcc": true, "query": true,
	"words": true, "customer": true, "customerName": true, "what": true, // of tools of several operations
	"password": true, "token": true, // of a webhook; short ones could be guessed from a plain digest
}

// argumentKinds says how each argument is written to a record: UUIDs, enums, numbers, flags and times as they are, personal data and
// ids of other forms as a keyed hash, other texts as their length and digest.
func argumentKinds(t *tools.Tool) map[string]audit.Kind {
	if m, ok := kindsOf.Load(t); ok {
		return m.(map[string]audit.Kind)
	}
	m := map[string]audit.Kind{"skip": audit.Plain, "offset": audit.Plain, "messageId": audit.Plain, tools.RepeatArgument: audit.Plain}
	if t.Bulk {
		m["conversationId"] = audit.Plain // of each conversation's own records
	}
	addKinds(m, "", t.In())
	kindsOf.Store(t, m)
	return m
}

// addKinds adds the arguments of a type, and of the structs in it with a prefix.
func addKinds(m map[string]audit.Kind, prefix string, t reflect.Type) {
	for name, f := range dixaclient.Arguments(t) {
		leaf := f.Type
		for leaf.Kind() == reflect.Slice || leaf.Kind() == reflect.Pointer {
			leaf = leaf.Elem()
		}
		switch {
		case personal[name]:
			m[prefix+name] = audit.Personal
		case isPlain(leaf):
			m[prefix+name] = audit.Plain
		case leaf.Kind() == reflect.Struct:
			addKinds(m, prefix+name+".", leaf)
		case leaf == reflect.TypeFor[dixaclient.Name]():
			m[prefix+name] = audit.Personal // some ids are e-mail addresses or phone numbers, and a model can put one anywhere
		default:
			m[prefix+name] = audit.Text
		}
	}
}

// plainTypes are the types of texts that are recorded as they are: their form leaves no room for personal data. Together
// with numbers, flags, times and enums they are all that is. An addition needs a review of what the type can hold.
var plainTypes = []reflect.Type{reflect.TypeFor[dixaclient.UUID](), reflect.TypeFor[dixaclient.ActingAgent](), reflect.TypeFor[tools.JobHandle]()}

// isPlain reports whether a type can only hold a number, a flag, a UUID, one of a few words, or a time.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Bool, reflect.Float64:
		return true
	}
	_, enum := reflect.Zero(t).Interface().(interface{ Values() []string })
	_, moment := reflect.Zero(t).Interface().(interface{ UTC() time.Time })
	return enum || moment || slices.Contains(plainTypes, t)
}
