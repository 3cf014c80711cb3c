package contract

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

const conversationPage = `{"data":[{"_type":"EmailConversation","id":7,"requesterId":"` + someUUID + `","channel":"Email",
"createdAt":"2026-01-01T00:00:00Z","direction":"Inbound","state":"Open","toEmail":"a@email.dixa.io","fromEmail":"b@c.dk",
"integrationEmail":"a@email.dixa.io","subject":"Order","link":{"_type":"SideConversation","parentId":1},
"customAttributes":[{"id":"` + someUUID + `","name":"A","identifier":"a","value":["x","y"]}]}]}`

// TestCheckAnswer lists answers by what is wrong with them; those without a fault have to pass.
func TestCheckAnswer(t *testing.T) {
	const (
		tag      = "GET /v1/tags/" + someUUID
		team     = "PATCH /v1/teams/" + someUUID + "/agents"
		note     = "POST /v1/conversations/7/notes"
		position = "GET /v1/queues/conversation-position/7"
		presence = "GET /v1/agents/" + someUUID + "/presence"
		page     = "GET /v1/endusers/" + someUUID + "/conversations"
		schedule = "GET /v1/business-hours/schedules/" + someUUID + "/definition"
		messages = "GET /v1/conversations/7/messages"
		export   = "GET /v1/conversation_export?csids=7"
		noteRest = `"id":"` + someUUID + `","authorId":"` + someUUID + `","csid":7,"message":"m"`
		user     = `"userId":"a","connectionStatus":"Online"`
		exported = `"id":7,"created_at":1,"initial_channel":"email","requester_id":"` + someUUID + `"`
	)
	c := Load(t)
	form := func(value string) string {
		return `{"data":[{"id":"` + someUUID + `","authorId":"` + someUUID + `","createdAt":"2026-01-01T00:00Z","attributes":` +
			`{"_type":"MessengerFormAttributes","formSubmission":{"values":{"f":` + value + `}}}}]}`
	}
	hours := func(kind, status string) string {
		return `{"data":{"schedule":{"id":"a","name":"b","timezone":"c","businessHours":[{"name":"Monday","businessHourType":` +
			kind + `,"status":` + status + `,"startDate":"2026-01-05"}]}}}`
	}
	for _, tt := range []struct {
		name, call string
		status     int
		body       string
		fault      string
	}{
		{"good", tag, 200, `{"data":{"id":"` + someUUID + `","name":"a","state":"Active"}}`, ""},
		{"missing", tag, 200, `{"data":{"id":"` + someUUID + `","state":"Active"}}`, `data.name: property "name" is missing in Tag`},
		{"invented", tag, 200, `{"data":{"id":"` + someUUID + `","name":"a","state":"Active","usage":3}}`, `data: property "usage" is unsupported in Tag`},
		{"enum of prose", tag, 200, `{"data":{"id":"` + someUUID + `","name":"a","state":"active"}}`, `data.state: value is not one of the allowed values ["Active","Inactive"], got "active"`},
		{"no envelope", tag, 200, `{"id":"` + someUUID + `"}`, `data: property "data" is missing`},
		{"no body", tag, 200, "", "body: is missing"},
		{"undocumented success", tag, 201, `{}`, "status 201 is not documented; documented: 200, 400, 404, 500"},
		{"redirect", tag, 302, "", "status 302 is not documented"},
		{"undocumented client error", tag, 418, `{"message":"m"}`, "status 418 is not documented"},
		{"documented error", tag, 404, `{"message":"m"}`, ""},
		{"error with more", tag, 404, `{"message":"m","code":7}`, `property "code" is unsupported`},
		{"error of another kind", tag, 400, `{"error":"m"}`, `message: property "message" is missing`},
		{"gateway 401", tag, 401, `{"message":"Unauthorized"}`, ""},
		{"gateway 429", tag, 429, `{"message":"Too Many Requests"}`, ""},
		{"gateway 503", tag, 503, `{"message":"m"}`, ""},
		{"gateway without message", tag, 429, `{}`, `message: property "message" is missing in error`},
		{"404 that was forgotten", team, 404, `{"message":"m"}`, ""},
		{"404 of a fixed path", "GET /v1/tags", 404, `{"message":"m"}`, "status 404 is not documented"},
		{"200 without body", team, 200, "", ""},
		{"200 with body", team, 200, `{}`, "body: none is documented for status 200"},
		{"204 with body", "PUT /v1/conversations/7/close", 204, `{}`, "body: none is documented for status 204"},
		{"202 without body", "POST /v1/conversations/7/tags/bulk", 202, "", ""},
		{"created with 200", note, 201, `{}`, "status 201"},

		{"zoned time", note, 200, `{"data":{"createdAt":"2021-12-01T12:46:36.581Z[GMT]",` + noteRest + `}}`, ""},
		{"zoned nanoseconds", note, 200, `{"data":{"createdAt":"2021-12-01T12:46:36.581123456Z[Etc/UTC]",` + noteRest + `}}`, ""},
		{"not a time", note, 200, `{"data":{"createdAt":"yesterday",` + noteRest + `}}`, "data.createdAt: "},
		{"presence", presence, 200, `{"data":{"requestTime":"2021-12-01T12:46:35.935",` + user + `}}`, ""},
		{"presence as number", presence, 200, `{"data":{"requestTime":"1638362795",` + user + `}}`, "data.requestTime: "},
		{"channel of presence", presence, 200, `{"data":{"requestTime":"2021-12-01T12:46:35","activeChannels":["Phone"],` + user + `}}`, "data.activeChannels.0: "},
		{"bare list", "GET /v1/agents/presence", 200, `[]`, ""},
		{"wrapped list", "GET /v1/agents/presence", 200, `{"data":[]}`, "body: value must be an array"},
		{"list without data", "GET /v1/tags", 200, `{}`, ""},

		{"union", page, 200, conversationPage, ""},
		{"last page", page, 200, `{"data":[],"meta":null}`, ""},
		{"no next", page, 200, `{"data":[],"meta":{"next":null,"previous":null}}`, ""},
		{"meta where none is", "GET /v1/knowledge/collections", 200, `{"data":[],"meta":{}}`, `property "meta" is unsupported`},
		{"unknown member", page, 200, strings.Replace(conversationPage, "EmailConversation", "MailConversation", 1), "data.0._type: must be one of AnonymizedConversation, ChatConversation"},
		{"wrong field of the right member", page, 200, strings.Replace(conversationPage, "fromEmail", "from", 1), `property "from" is unsupported in EmailConversation; data.0.fromEmail: property "fromEmail" is missing`},
		{"deep in a union", page, 200, strings.Replace(conversationPage, `"parentId":1`, `"parentId":"1"`, 1), "data.0.link.parentId: value must be an integer"},
		{"neither string nor array", page, 200, strings.Replace(conversationPage, `["x","y"]`, "7", 1), "data.0.customAttributes.0.value: fits none of the kinds"},
		{"item of an array", page, 200, strings.Replace(conversationPage, `["x","y"]`, `["x",7]`, 1), "data.0.customAttributes.0.value.1: value must be a string, got 7"},

		{"bulk", "PATCH /v1/agents", 200, `{"data":[{"_type":"BulkActionFailure","error":{"_type":"NotFound","id":"a","message":"m"}}]}`, ""},
		{"bulk by schema's name", "PATCH /v1/agents", 200, `{"data":[{"_type":"BulkActionFailure_BulkError_Agent","error":{}}]}`, "data.0._type: must be one of BulkActionFailure, BulkActionSuccess"},
		{"bulk by component's key", "PATCH /v1/agents", 200, `{"data":[{"_type":"BulkActionFailure","error":{"_type":"NotFound1","id":"a","message":"m"}}]}`, "data.0.error._type: "},
		{"bulk of notes", note + "/bulk", 200, `{"data":[{"_type":"BulkActionFailure","error":{"message":"m"}}]}`, ""},
		{"bulk of notes with type", note + "/bulk", 200, `{"data":[{"_type":"BulkActionFailure","error":{"_type":"ErrorResponse","message":"m"}}]}`, `data.0.error: property "_type" is unsupported in ErrorResponse`},

		{"hours as names", schedule, 200, hours(`"Regular"`, `"Open"`), ""},
		{"hours as objects", schedule, 200, hours(`{"_type":"Regular"}`, `{"_type":"Closed"}`), ""},
		{"hours of unknown name", schedule, 200, hours(`"Regular"`, `"Ajar"`), `businessHours.0.status: value is not one of the allowed values ["Closed","Open"]`},
		{"hours of unknown type", schedule, 200, hours(`{"_type":"Weird"}`, `"Open"`), `businessHourType._type: value is not one of`},
		{"form as text", messages, 200, form(`"a"`), ""},
		{"form as choices", messages, 200, form(`["a"]`), ""},
		{"form as object", messages, 200, form(`{"_type":"Text","value":"a"}`), ""},
		{"form as number", messages, 200, form(`7`), "formSubmission.values.f: fits none of the kinds"},
		{"int32 activity", "GET /v1/conversations/activitylog", 200, `{"data":[{"id":"` + someUUID + `","conversationId":3000000000,"activityTimestamp":"2026-01-01T00:00:00Z","activityType":"ConversationClosedActivityType","_type":"ConversationClosed"}]}`, "data.0.conversationId: "},
		{"position", position, 200, `{"data":{"position":1,"queuedAt":"2026-01-01T00:00:00Z"}}`, ""},

		{"export", export, 200, `[{` + exported + `,"custom_fields":[{"any":1}]}]`, ""},
		{"export invented", export, 200, `[{` + exported + `,"csid":7}]`, `property "csid" is unsupported`},
		{"export refused", export, 429, `{"message":"m"}`, ""},
		{"unknown operation", "GET /v1/nothing", 404, `{"message":"m"}`, "no operation has the path"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			method, target, _ := strings.Cut(tt.call, " ")
			err := c.CheckAnswer(httptest.NewRequest(method, target, nil), tt.status, jsonHeader, []byte(tt.body))
			if tt.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.fault)
		})
	}
}

func TestCheckAnswerContentType(t *testing.T) {
	c := Load(t)
	r := httptest.NewRequest("GET", "/v1/tags", nil)
	err := c.CheckAnswer(r, 200, http.Header{"Content-Type": {"text/html"}}, []byte(`{"data":[]}`))
	require.ErrorContains(t, err, `header Content-Type: want application/json, got "text/html"`)
}

func TestFaultsAreCounted(t *testing.T) {
	c := Load(t)
	body := `{"data":[` + strings.TrimSuffix(strings.Repeat(`{"_type":"None"},`, 20), ",") + `]}`
	err := c.CheckAnswer(httptest.NewRequest("GET", "/v1/templates", nil), 200, jsonHeader, []byte(body))
	require.ErrorContains(t, err, "and 12 more")
}
