package tools

import (
	"reflect"

	"dixa-mcp/dixaclient"
)

// outsiders are the types of Dixa's answers that hold words of customers and others outside the organization: names,
// attributes, subjects, comments, authors of activities, values of records, payloads of webhooks. Every object of such a
// type is marked as untrusted. A test holds that every other type is on a list that says why it is not.
var outsiders = map[reflect.Type]bool{
	reflect.TypeFor[dixaclient.Conversation]():        true,
	reflect.TypeFor[dixaclient.EndUser]():             true,
	reflect.TypeFor[dixaclient.ActivityEntry]():       true,
	reflect.TypeFor[dixaclient.ConversationRating]():  true,
	reflect.TypeFor[dixaclient.RatingResult]():        true,
	reflect.TypeFor[dixaclient.MetricRecord]():        true,
	reflect.TypeFor[dixaclient.FilterValue]():         true,
	reflect.TypeFor[dixaclient.WebhookDelivery]():     true,
	reflect.TypeFor[dixaclient.EventDeliveryStatus](): true,
}

// hasOutsiders reports whether an answer of this type holds words of outsiders, in a list or as outcomes too.
func hasOutsiders(t reflect.Type) bool {
	switch {
	case outsiders[t]:
		return true
	case t.Kind() == reflect.Slice:
		return hasOutsiders(t.Elem())
	case t.Kind() == reflect.Struct:
		f, ok := t.FieldByName("Data")
		return ok && hasOutsiders(f.Type)
	}
	return false
}
