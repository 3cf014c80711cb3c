package contract

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheckRequest lists requests by what is wrong with them; those without a fault have to pass.
func TestCheckRequest(t *testing.T) {
	const (
		conversation = "/v1/conversations/7"
		search       = "/v1/search/conversations"
		metrics      = "/v1/analytics/metrics"
		offer        = conversation + "/ratings/offer"
		submit       = conversation + "/ratings/abc/submit"
		attributes   = conversation + "/custom-attributes"
		queues       = "/v1/queues"
		imports      = "/v1/conversations/import"
		text         = `"content":{"_type":"Text","value":"x"}`
		importRest   = `"requesterId":"` + someUUID + `","direction":"Inbound","createdAt":"2026-01-01T00:00:00Z"`
	)
	c := Load(t)
	for _, tt := range []struct{ name, call, body, fault string }{
		{"plain", "GET /v1/tags", "", ""},
		{"known query", "GET /v1/agents?pageLimit=10&pageKey=abc&email=a@b.c", "", ""},
		{"unknown query", "GET /v1/agents?page=2", "", "query parameter page is unknown; known: pageLimit, pageKey, email, phone"},
		{"query twice", "GET /v1/agents?email=a&email=b", "", "query parameter email is given 2 times"},
		{"query of wrong type", "GET /v1/agents?pageLimit=ten", "", `query parameter pageLimit: value must be an integer, got "ten"`},
		{"query beyond int32", "GET /v1/agents?pageLimit=3000000000", "", "int32"},
		{"query missing", "GET " + search, "", "query parameter query is missing"},
		{"query too short", "GET " + search + "?query=", "", "minimum string length is 1"},
		{"query out of range", "GET /v1/business-hours/schedules/" + someUUID + "/upcoming?days=91", "", "number must be at most 90"},
		{"query not boolean", "PATCH " + conversation + "/anonymize?force=1", "", "value must be a boolean, got 1"},
		{"query enum from prose", "GET /v1/conversations/flows?channel=Sms", "", "not one of the allowed values"},
		{"query date-time", "GET /v1/conversations/activitylog?fromDatetime=2026-01-01", "", `format "date-time"`},
		{"query with an escape", "GET /v1/agents?phone=%2B45", "", ""},
		{"path not a UUID", "GET /v1/tags/abc", "", `path parameter tagId`},
		{"path not an integer", "GET /v1/conversations/abc", "", "path parameter conversationId"},
		{"path beyond int64", "GET /v1/conversations/99999999999999999999", "", "int64"},
		{"path enum from prose", "GET /v1/webhooks/" + someUUID + "/delivery-status/logs/CONVERSATION_CLOSED", "", "path parameter event"},

		{"no body wanted", "PATCH /v1/tags/" + someUUID + "/activate", `{}`, "body: none is documented"},
		{"body required", "PATCH /v1/agents/" + someUUID, "", "body: is required"},
		{"body may be empty object", "PATCH /v1/agents/" + someUUID, `{}`, ""},
		{"body optional", "PUT " + conversation + "/close", "", ""},
		{"body on delete", "DELETE /v1/teams/" + someUUID + "/agents", `{"agentIds":["` + someUUID + `"]}`, ""},
		{"not JSON", "POST /v1/tags", `{"name":`, "body: not JSON"},
		{"two values", "POST /v1/tags", `{"name":"a"}{}`, "body: not JSON: more than one value"},
		{"not an object", "POST /v1/tags", `[]`, "body: value must be an object"},
		{"bare array", "PUT /v1/agents", `[{"id":"a","displayName":"A"}]`, ""},
		{"wrapped where bare", "PUT /v1/agents", `{"data":[]}`, "body: value must be an array"},
		{"missing field", "POST /v1/tags", `{"color":"#fff"}`, `name: property "name" is missing in CreateTagInput`},
		{"misspelt field", "POST /v1/tags", `{"name":"a","colour":"#fff"}`, `property "colour" is unsupported in CreateTagInput`},
		{"wrong type", "POST /v1/tags", `{"name":7}`, "name: value must be a string, got 7"},
		{"null", "POST /v1/tags", `{"name":null}`, "name: Value is not nullable"},
		{"not a UUID", "PUT " + conversation + "/claim", `{"agentId":"me"}`, `agentId: string doesn't match the format "uuid"`},
		{"zone suffix", "PUT " + conversation + "/followup", `{"timestamp":"2026-01-01T00:00:00Z[GMT]"}`, `timestamp: string doesn't match the format "date-time"`},
		{"no zone", "PUT " + conversation + "/followup", `{"timestamp":"2026-01-01T00:00:00"}`, "timestamp"},
		{"several faults", "PUT " + conversation + "/claim", `{"agentId":7,"force":"no"}`, "agentId: value must be a string, got 7; force: value must be a boolean"},

		{"union", "POST " + conversation + "/messages", `{"_type":"Inbound",` + text + `}`, ""},
		{"no _type", "POST " + conversation + "/messages", `{` + text + `}`, "_type: is missing, must be one of Inbound, Outbound"},
		{"unknown _type", "POST " + conversation + "/messages", `{"_type":"Internal",` + text + `}`, `_type: must be one of Inbound, Outbound, got "Internal"`},
		{"right member", "POST " + conversation + "/messages", `{"_type":"Outbound",` + text + `}`, `agentId: property "agentId" is missing in Outbound`},
		{"field of the other member", "POST " + conversation + "/messages", `{"_type":"Inbound","agentId":"` + someUUID + `",` + text + `}`, `property "agentId" is unsupported in Inbound`},
		{"nested union", "POST " + conversation + "/messages", `{"_type":"Inbound","content":{"_type":"Text","text":"x"}}`, `content: property "text" is unsupported in Text`},
		{"nested _type", "POST " + conversation + "/messages", `{"_type":"Inbound","content":{"_type":"Plain","value":"x"}}`, "content._type: must be one of Html, Markdown, Text"},
		{"copies by address", "POST " + conversation + "/messages", `{"_type":"Outbound","agentId":"` + someUUID + `","cc":["a@b.dk"],"bcc":["` + someUUID + `"],` + text + `}`, ""},
		{"copies by name", "POST " + conversation + "/messages", `{"_type":"Outbound","agentId":"` + someUUID + `","cc":["Ann"],` + text + `}`, "cc.0: "},

		{"title, not key", "POST " + search, `{"filters":{"strategy":"All","conditions":[{"field":{"_type":"Status1","operator":{"_type":"IsOneOf","values":["open"]}}}]}}`, "filters.conditions.0.field._type: must be one of"},
		{"operator of another field", "POST " + search, `{"filters":{"strategy":"All","conditions":[{"field":{"_type":"Channel","operator":{"_type":"IncludesOne","values":["email"]}}}]}}`, "filters.conditions.0.field.operator._type: must be one of IsNotOneOf, IsOneOf"},
		{"prose enum of items", "POST " + search, `{"filters":{"strategy":"All","conditions":[{"field":{"_type":"Channel","operator":{"_type":"IsOneOf","values":["EMAIL"]}}}]}}`, "operator.values.0: value is not one of the allowed values"},
		{"empty member is closed", "POST " + search, `{"filters":{"strategy":"All","conditions":[{"field":{"_type":"TagId","operator":{"_type":"IsEmpty","values":[]}}}]}}`, `property "values" is unsupported in IsEmpty`},

		{"preset", "POST " + metrics, `{"id":"a","timezone":"UTC","periodFilter":{"_type":"Preset","value":{"_type":"ThisYear"}}}`, ""},
		{"preset as string", "POST " + metrics, `{"id":"a","timezone":"UTC","periodFilter":{"_type":"Preset","value":"ThisYear"}}`, "periodFilter.value: value must be an object"},
		{"unknown preset", "POST " + metrics, `{"id":"a","timezone":"UTC","periodFilter":{"_type":"Preset","value":{"_type":"PreviousYear"}}}`, "periodFilter.value._type: value is not one of the allowed values"},
		{"neither filter", "POST " + metrics, `{"id":"a","timezone":"UTC"}`, ""},
		{"both filters", "POST " + metrics, `{"id":"a","timezone":"UTC","csidFilter":[1],"periodFilter":{"_type":"Preset","value":{"_type":"ThisYear"}}}`, "csidFilter and periodFilter exclude each other"},
		{"empty csidFilter", "POST /v1/analytics/records", `{"id":"a","timezone":"UTC","csidFilter":[]}`, "csidFilter: minimum number of items is 1"},
		{"records have no aggregations", "POST /v1/analytics/records", `{"id":"a","timezone":"UTC","aggregations":["Count"]}`, `property "aggregations" is unsupported`},

		{"import", "POST " + imports, `{"_type":"GenericConversationImport","genericChannelName":"email",` + importRest + `}`, ""},
		{"import without _type", "POST " + imports, `{"genericChannelName":"email",` + importRest + `}`, `_type: property "_type" is missing`},
		{"import of other channel", "POST " + imports, `{"_type":"GenericConversationImport","genericChannelName":"sms",` + importRest + `}`, "genericChannelName: value is not one of"},
		{"anonymize what", "POST /v1/anonymization", `{"entityId":"7"}`, "_type or entityType must say what the entity is"},
		{"anonymize by entityType", "POST /v1/anonymization", `{"entityId":"7","entityType":"ConversationAnonymizationType"}`, ""},
		{"rating type", "POST " + offer, `{"userId":"a","agentId":"b","ratingType":"Stars"}`, "ratingType: value is not one of"},
		{"rating score", "POST " + submit, `{"userId":null,"ratingResult":{"_type":"Csat","value":6}}`, "ratingResult.value: number must be at most 5"},
		{"rating by nobody", "POST " + submit, `{"userId":null,"ratingResult":{"_type":"Nps","value":0}}`, ""},
		{"attributes", "PATCH " + attributes, `{"` + someUUID + `":["a","b"],"` + strings.ToUpper(someUUID) + `":null}`, ""},
		{"attribute by name", "PATCH " + attributes, `{"color":"red"}`, `got "color"`},
		{"attribute of wrong kind", "PATCH " + attributes, `{"` + someUUID + `":{"a":1}}`, someUUID + ": fits none of the kinds"},
		{"map key from prose", "POST " + queues, `{"request":{"name":"a","callFunctionality":false,"isDefault":false,"isDoNotOfferEnabled":false,"queueThresholds":{"Longest":1}}}`, `request.queueThresholds: property "Longest" is unsupported`},
		{"webhook", "POST /v1/webhooks", `{"name":"a","url":"u","authorization":{"_type":"NoAuth"},"customHeaders":{}}`, ""},
		{"webhook event", "POST /v1/webhooks", `{"name":"a","url":"u","authorization":{"_type":"NoAuth"},"customHeaders":{},"events":["CONVERSATION_CLOSED"]}`, "events.0: value is not one of"},
		{"export window", "GET /v1/conversation_export?updated_after=2026-01-01&updated_before=1767225600000", "", ""},
		{"export ids", "GET /v1/conversation_export?csids=1,2", "", ""},
		{"export names", "GET /v1/conversation_export?csids=1,x", "", "query parameter csids.1: value must be an integer"},
		{"export time", "GET /v1/message_export?created_after=2026-01-01T00:00:00Z", "", "want yyyy-mm-dd or Unix milliseconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			method, target, _ := strings.Cut(tt.call, " ")
			r := httptest.NewRequest(method, target, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			err := c.CheckRequest(r, []byte(tt.body))
			if tt.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.fault)
		})
	}
}

func TestCheckRequestContentType(t *testing.T) {
	c := Load(t)
	r := httptest.NewRequest("POST", "/v1/tags", nil)
	require.ErrorContains(t, c.CheckRequest(r, []byte(`{"name":"a"}`)), `header Content-Type: want application/json, got ""`)
}

func TestCheckRequestUpload(t *testing.T) {
	c := Load(t)
	check := func(names ...string) error {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, name := range names {
			field, file, _ := strings.Cut(name, "=")
			if file == "" {
				require.NoError(t, form.WriteField(field, "x"))
				continue
			}
			w, err := form.CreateFormFile(field, file)
			require.NoError(t, err)
			_, err = w.Write([]byte("x"))
			require.NoError(t, err)
		}
		require.NoError(t, form.Close())
		r := httptest.NewRequest("POST", "/v1/knowledge/articles/attachments", nil)
		r.Header.Set("Content-Type", form.FormDataContentType())
		return c.CheckRequest(r, body.Bytes())
	}
	require.NoError(t, check("files=a.png", "files=b.png"))
	require.ErrorContains(t, check("file=a.png"), `property "file" is unsupported`)
	require.ErrorContains(t, check("files"), "files: value must be an array")
	require.ErrorContains(t, check("files=1", "files=2", "files=3", "files=4", "files=5", "files=6"), "maximum number of items is 5")
	require.Error(t, check())

	r := httptest.NewRequest("POST", "/v1/knowledge/articles/attachments", nil)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	require.ErrorContains(t, c.CheckRequest(r, []byte("--b\r\nContent")), "not a form")
}
