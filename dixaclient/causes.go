package dixaclient

import (
	"reflect"
	"slices"
	"strings"

	"dixa-mcp/internal/base/lines"
)

// mostCauses is how many causes an error names.
const mostCauses = 4

// A cause is why Dixa may refuse a request with an argument of some name, beside 400 or 404.
type cause struct {
	argument string
	statuses []int
	text     string
	see      string // the operation that lists valid values, "" for none
}

// theCauses are the likely causes by argument, those that are met most first. An operation has those of its arguments.
var theCauses = []cause{
	{"conversationId", []int{404}, "conversationId: the conversation does not exist", ""},
	{"attributes", []int{400, 404}, "attributes: a custom attribute of the other entity type, a value for a Select, values for a Text, or an option in another case", "list_custom_attributes"},
	{"tagId", []int{400, 404}, "tagId: the tag is deactivated or was deleted", "list_tags"},
	{"id", []int{400, 404}, "id: of no metric or record kind", ""},
	{"metricId", []int{404}, "metricId: of no metric", "list_metrics"},
	{"recordId", []int{404}, "recordId: of no kind of record", "list_metric_records"},
	{"filterAttribute", []int{400, 404}, "filterAttribute: not one of the metric", "get_metric"},
	{"aggregations", []int{400}, "aggregations: not one of the metric", "get_metric"},
	{"agentId", []int{400, 404}, "agentId: must be a Dixa agent's id, not an end user's", "list_agents"},
	{"userId", []int{400, 404}, "userId: must be an end user's id, not a Dixa agent's", "list_end_users"},
	{"requesterId", []int{400, 404}, "requesterId: must be an end user's id, not a Dixa agent's", "list_end_users"},
	{"queueId", []int{400, 404}, "queueId: of no queue", "list_queues"},
	{"teamId", []int{400, 404}, "teamId: of no team", "list_teams"},
	{"emailIntegrationId", []int{400, 404}, "emailIntegrationId: must be the address of an EmailEndpoint", "list_contact_endpoints"},
	{"contactEndpointId", []int{400, 404}, "contactEndpointId: must be an address or E.164 number of a contact endpoint", "list_contact_endpoints"},
	{"pageKey", []int{400}, "pageKey: not a key that this query gave; begin without it", ""},
	{"phone", []int{400}, "phone: not in E.164, such as +4512345678", ""},
	{"phoneNumber", []int{400}, "phoneNumber: not in E.164, such as +4512345678, or the number of another end user", ""},
	{"email", []int{400}, "email: no valid address, or the address of another end user", ""},
}

// causes lists what is wrong with the arguments, where that was looked up, else the likely causes from the names of the
// arguments. Where no argument can be the cause it says what to do.
func (e *Error) causes() string {
	if len(e.Wrong) > 0 {
		return " Looked up:\n- " + strings.Join(lines.First(e.Wrong, mostCauses, false), "\n- ")
	}
	s := e.Op
	var found []string
	if s.NotFound != "" && e.Status == 404 {
		found = append(found, s.NotFound)
	}
	for _, c := range theCauses {
		if slices.Contains(c.statuses, e.Status) && s.plan().has(c.argument) && !slices.Contains(e.Right, c.argument) && len(found) < mostCauses {
			if names := e.giving(c.argument); names != "" {
				found = append(found, names+strings.TrimPrefix(c.text, c.argument)+e.clause("; see %s", c.see))
			}
		}
	}
	var rest []string
	for _, name := range s.checkable() {
		if names := e.giving(name); names != "" && !slices.Contains(e.Right, name) && !slices.Contains(rest, names) {
			rest = append(rest, names)
		}
	}
	if len(found) == 0 && len(rest) > 0 {
		return " Check " + strings.Join(rest[:min(len(rest), 6)], ", ") + "."
	}
	if len(found) == 0 {
		return " Try again later, and tell the user if it happens again."
	}
	return " Likely causes:\n- " + strings.Join(found, "\n- ")
}

// giving names the arguments with which the reader of the error gives an argument of the operation; "" for none.
func (e *Error) giving(argument string) string {
	if e.Giving == nil {
		return argument
	}
	return strings.Join(e.Giving(argument), " or ")
}

// checkable lists the arguments of an operation that can be wrong though they have their form.
func (s *Spec) checkable() []string {
	var names []string
	for _, f := range s.plan().fields {
		t := s.in.FieldByIndex(f.index).Type
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Bool && f.argument != "pageLimit" {
			names = append(names, f.argument)
		}
	}
	return names
}
