package dixaclient_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/contract"
)

const (
	alice d.UUID        = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	bob   d.ActingAgent = "1f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e12"
)

var noon = d.Time{Time: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}

type bodyCase struct {
	op   *d.Spec
	in   any
	want string
}

// bodies are requests whose body is not simply their fields, as Dixa wants them.
func bodies() map[string]bodyCase {
	about := d.ConversationRef{ConversationID: 42}
	hello := d.MessageText{Text: "<b>Hi</b>", Format: "Html"}
	mail := d.ConversationStart{EmailIntegrationID: "a@email.dixa.io", Subject: "Order"}
	return map[string]bodyCase{
		"email, inbound": {d.CreateConversation.Spec,
			&d.CreateConversationIn{Channel: "Email", Direction: "Inbound", RequesterID: alice, MessageText: d.MessageText{Text: "Hi"}, ConversationStart: mail, AgentID: bob},
			`{"_type":"Email","requesterId":"` + string(alice) + `","message":{"_type":"Inbound","content":{"value":"Hi","_type":"Text"}},"emailIntegrationId":"a@email.dixa.io","subject":"Order"}`},
		"email, outbound": {d.CreateConversation.Spec,
			&d.CreateConversationIn{Channel: "Email", Direction: "Outbound", RequesterID: alice, MessageText: hello, AgentID: bob, ConversationStart: mail,
				MessageExtras: d.MessageExtras{Attachments: []d.Attachment{{URL: "https://example.com/a.pdf"}}}, Cc: []string{"c@example.com"}},
			`{"_type":"Email","requesterId":"` + string(alice) + `","message":{"_type":"Outbound","content":{"value":"<b>Hi</b>","_type":"Html"},"agentId":"` + string(bob) + `",` +
				`"attachments":[{"url":"https://example.com/a.pdf"}],"cc":["c@example.com"]},"emailIntegrationId":"a@email.dixa.io","subject":"Order"}`},
		"callback": {d.CreateConversation.Spec,
			&d.CreateConversationIn{Channel: "Callback", Direction: "Outbound", RequesterID: alice, AgentID: bob, ConversationStart: d.ConversationStart{ContactEndpointID: "+4512345678", QueueID: alice}},
			`{"_type":"Callback","requesterId":"` + string(alice) + `","direction":"Outbound","contactEndpointId":"+4512345678","queueId":"` + string(alice) + `"}`},
		"import": {d.ImportConversation.Spec,
			&d.ImportConversationIn{GenericChannelName: "email", RequesterID: alice, Direction: "Inbound", CreatedAt: noon, AgentID: bob, Subject: "Order",
				EmailIntegrationID: "a@email.dixa.io", AssigneeID: alice, AssignedAt: noon, ClosedAt: noon, Messages: []d.ImportedMessage{
					{Direction: "Inbound", CreatedAt: noon, MessageText: d.MessageText{Text: "Hi"}, AuthorID: alice},
					{Direction: "Outbound", CreatedAt: noon, MessageText: hello, AttachmentURLs: []string{"https://example.com/a"}, Bcc: []string{"b@example.com"}}}},
			`{"_type":"GenericConversationImport","genericChannelName":"email","requesterId":"` + string(alice) + `","direction":"Inbound","createdAt":"2026-01-31T12:00:00.000Z",` +
				`"messages":[{"_type":"InboundImport","content":{"value":"Hi","_type":"Text"},"createdAt":"2026-01-31T12:00:00.000Z","attributes":{"emailIntegrationId":"a@email.dixa.io","requesterId":"` + string(alice) + `"}},` +
				`{"_type":"OutboundImport","content":{"value":"<b>Hi</b>","_type":"Html"},"agentId":"` + string(bob) + `","attachments":[{"url":"https://example.com/a"}],"createdAt":"2026-01-31T12:00:00.000Z",` +
				`"attributes":{"emailIntegrationId":"a@email.dixa.io","bcc":["b@example.com"]}}],"assignment":{"agentId":"` + string(alice) + `","assignedAt":"2026-01-31T12:00:00.000Z"},` +
				`"closing":{"closedAt":"2026-01-31T12:00:00.000Z","closedBy":"` + string(bob) + `"},"attributes":{"emailIntegrationId":"a@email.dixa.io","subject":"Order"}}`},
		"claim says that it does not force": {d.ClaimConversation.Spec, &d.ClaimConversationIn{ConversationRef: about, AgentID: bob},
			`{"agentId":"` + string(bob) + `","force":false}`},
		"notes": {d.AddNotes.Spec, &d.AddNotesIn{ConversationRef: about, Items: []d.NewNote{{Message: "a"}, {Message: "b", CreatedAt: noon}}, AgentID: bob},
			`{"data":[{"message":"a","agentId":"` + string(bob) + `"},{"message":"b","createdAt":"2026-01-31T12:00:00.000Z","agentId":"` + string(bob) + `"}]}`},
		"tags by name": {d.TagConversationByName.Spec, &d.TagConversationByNameIn{ConversationRef: about, Names: []string{"vip", "late"}},
			`{"data":[{"name":"vip"},{"name":"late"}]}`},
		"attributes": {d.SetConversationAttributes.Spec,
			&d.SetConversationAttributesIn{ConversationRef: about, CustomAttributeSettings: d.CustomAttributeSettings{Attributes: []d.CustomAttributeSetting{
				{ID: alice, Value: new("")}, {ID: d.UUID(bob), Values: []string{"a", "b"}}}}},
			`{"` + string(alice) + `":"","` + string(bob) + `":["a","b"]}`},
		"attribute to clear": {d.SetConversationAttributes.Spec,
			&d.SetConversationAttributesIn{ConversationRef: about, CustomAttributeSettings: d.CustomAttributeSettings{Attributes: []d.CustomAttributeSetting{{ID: alice, Clear: true}}}},
			`{"` + string(alice) + `":null}`},
		"rating": {d.SubmitRating.Spec, &d.SubmitRatingIn{ConversationRef: about, RatingID: "r", RatingType: "Nps", Value: 0, Comment: "meh"},
			`{"ratingResult":{"_type":"Nps","value":0},"comment":"meh"}`},
		"queue": {d.CreateQueue.Spec,
			&d.CreateQueueIn{QueueSettings: d.QueueSettings{Name: "Q", WrapupTimeout: new(int32(0))}, QueueThresholds: []d.NamedValue[d.QueueThresholdName]{{Name: "LongestWait", Value: 5}}},
			`{"request":{"name":"Q","callFunctionality":false,"isDefault":false,"isDoNotOfferEnabled":false,"wrapupTimeout":0,"queueThresholds":{"LongestWait":5}}}`},
		"bare list": {d.UpdateAgents.Spec, &d.UpdateAgentsIn{Items: []d.AgentPatch{{ID: "a", PersonDetails: d.PersonDetails{LastName: new("")}}, {ID: "b", DisplayName: new("B"), PersonDetails: d.PersonDetails{MiddleNames: []string{}}}}},
			`[{"id":"a","lastName":""},{"id":"b","displayName":"B","middleNames":[]}]`},
		"wrapped list": {d.CreateEndUsers.Spec, &d.CreateEndUsersIn{Items: []d.CreateEndUserIn{{EndUserDetails: d.EndUserDetails{Email: new("a@example.com")}}}},
			`{"data":[{"email":"a@example.com"}]}`},
		"anonymization": {d.AnonymizeEntity.Spec, &d.AnonymizeEntityIn{Type: "Conversation", EntityID: "42"},
			`{"_type":"Conversation","entityId":"42","forceAnonymization":false}`},
		"metric, preset": {d.QueryMetric.Spec,
			&d.QueryMetricIn{AnalyticsQuery: d.AnalyticsQuery{ID: "csat", Timezone: "UTC", Preset: "Today", Filters: []d.AnalyticsFilter{{Attribute: "channel", Values: []string{"EMAIL"}}}}, Aggregations: []d.Aggregation{"Count"}},
			`{"id":"csat","timezone":"UTC","periodFilter":{"_type":"Preset","value":{"_type":"Today"}},"filters":[{"attribute":"channel","values":["EMAIL"]}],"aggregations":["Count"]}`},
		"rows, interval": {d.QueryMetricRecords.Spec, &d.QueryMetricRecordsIn{AnalyticsQuery: d.AnalyticsQuery{ID: "ratings", Timezone: "UTC", Start: noon, End: noon}},
			`{"id":"ratings","timezone":"UTC","periodFilter":{"_type":"Interval","end":"2026-01-31T12:00:00.000Z","start":"2026-01-31T12:00:00.000Z"}}`},
		"rows, conversations": {d.QueryMetricRecords.Spec, &d.QueryMetricRecordsIn{AnalyticsQuery: d.AnalyticsQuery{ID: "ratings", Timezone: "UTC", CSIDFilter: []int64{1, 2}}},
			`{"id":"ratings","timezone":"UTC","csidFilter":[1,2]}`},
		"new webhook": {d.CreateWebhook.Spec,
			&d.CreateWebhookIn{Name: "W", URL: "https://example.com", Authorization: "BasicAuth", Events: []d.WebhookEvent{"ConversationRated"}, WebhookSettings: d.WebhookSettings{
				Username: "u", Password: "p", Enabled: new(false), FilterStrategy: "Any", Filters: []d.WebhookFilter{{Field: "QueueId", Operator: "IsOneOf", Values: []string{string(alice)}}}}},
			`{"name":"W","url":"https://example.com","events":["ConversationRated"],"authorization":{"_type":"BasicAuth","username":"u","password":"p"},"customHeaders":{},"enabled":false,` +
				`"filters":{"Conversation":{"_type":"CombinedFilters","strategy":"Any","conditions":[{"_type":"IsOneOf","field":"QueueId","values":["` + string(alice) + `"]}]}}}`},
		"changed webhook": {d.UpdateWebhook.Spec,
			&d.UpdateWebhookIn{WebhookRef: d.WebhookRef{WebhookSubscriptionID: alice}, Authorization: "TokenAuth", WebhookSettings: d.WebhookSettings{Token: "t", Filters: []d.WebhookFilter{}}},
			`{"authorization":{"_type":"TokenAuth","value":"t"},"filters":{}}`},
		"nothing changed": {d.UpdateWebhook.Spec, &d.UpdateWebhookIn{WebhookRef: d.WebhookRef{WebhookSubscriptionID: alice}}, `{}`},
		"article":         {d.UpdateArticle.Spec, &d.UpdateArticleIn{ArticleRef: d.ArticleRef{ArticleID: alice}, AddTags: []d.Name{"t"}, PreRelease: new(false)}, `{"tags":{"add":["t"]},"preRelease":false}`},
	}
}

func TestBodies(t *testing.T) {
	for name, c := range bodies() {
		t.Run(name, func(t *testing.T) {
			r, err := c.op.Request(c.in)
			require.NoError(t, err)
			require.Equal(t, "application/json", r.ContentType)
			require.Equal(t, c.want, string(r.Body))
		})
	}
}

func TestBodiesKeepTheContract(t *testing.T) {
	dixa := contract.Load(t)
	for name, c := range bodies() {
		r, err := c.op.Request(c.in)
		require.NoError(t, err, name)
		req, err := http.NewRequest(r.Method, "https://dev.dixa.io"+r.Path, nil)
		require.NoError(t, err, name)
		req.Header.Set("Content-Type", r.ContentType)
		req.Header.Set("Authorization", "token")
		require.NoError(t, dixa.CheckRequest(req, r.Body), name)
	}
}

// What does not fit together is refused before anything is sent, with the argument and what is allowed.
func TestRefusals(t *testing.T) {
	about := d.ConversationRef{ConversationID: 42}
	hi := d.MessageText{Text: "Hi"}
	mail := d.ConversationStart{EmailIntegrationID: "a@email.dixa.io", Subject: "Order"}
	sms := d.ConversationStart{ContactEndpointID: "+4512345678"}
	imported := func(channel d.ImportChannel, m d.ImportedMessage) *d.ImportConversationIn {
		return &d.ImportConversationIn{GenericChannelName: channel, Messages: []d.ImportedMessage{m}}
	}
	attributes := func(list ...d.CustomAttributeSetting) *d.SetEndUserAttributesIn {
		return &d.SetEndUserAttributesIn{EndUserRef: d.EndUserRef{UserID: alice}, CustomAttributeSettings: d.CustomAttributeSettings{Attributes: list}}
	}
	image := func(data string) *d.UploadArticleImagesIn {
		return &d.UploadArticleImagesIn{Images: []d.ArticleImage{{Filename: "a", Base64: data}}}
	}
	for _, c := range []struct {
		op   *d.Spec
		in   any
		want string
	}{
		{d.ListEndUsers.Spec, &d.ListEndUsersIn{Email: "a", Phone: "b"}, "only one of email, phone and externalId"},
		{d.ListAgents.Spec, &d.ListAgentsIn{Email: "a", Phone: "b"}, "only one of email, phone"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Email", Direction: "Inbound", MessageText: hi}, "emailIntegrationId is missing: Email needs emailIntegrationId, subject, text"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Sms", Direction: "Outbound", MessageText: hi, ConversationStart: mail}, "contactEndpointId is missing"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Callback", MessageText: hi, ConversationStart: d.ConversationStart{ContactEndpointID: "+45", QueueID: alice}}, "text does not go with Callback, which takes contactEndpointId, queueId, nothing else"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Sms", Direction: "Inbound", MessageText: hi, ConversationStart: sms}, "direction must be Outbound for Sms"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Sms", Direction: "Outbound", MessageText: hi, ConversationStart: sms}, "agentId is missing: Outbound needs"},
		{d.CreateConversation.Spec, &d.CreateConversationIn{Channel: "Email", Direction: "Inbound", MessageText: hi, ConversationStart: mail, Cc: []string{"c"}}, "cc and bcc go with direction Outbound"},
		{d.ImportConversation.Spec, &d.ImportConversationIn{AssigneeID: alice}, "assigneeId and assignedAt go together"},
		{d.ImportConversation.Spec, &d.ImportConversationIn{ClosedAt: noon}, "agentId is missing: closedAt needs"},
		{d.ImportConversation.Spec, &d.ImportConversationIn{GenericChannelName: "genericapimessaging", Subject: "x"}, "subject go with email"},
		{d.ImportConversation.Spec, imported("email", d.ImportedMessage{Direction: "Inbound"}), "messages[0] needs text"},
		{d.ImportConversation.Spec, imported("email", d.ImportedMessage{Direction: "Outbound", MessageText: hi}), "messages[0] is Outbound and needs agentId"},
		{d.ImportConversation.Spec, imported("genericapimessaging", d.ImportedMessage{Direction: "Inbound", MessageText: hi, AuthorID: alice}), "messages[0] takes authorId only"},
		{d.ImportConversation.Spec, imported("email", d.ImportedMessage{Direction: "Inbound", MessageText: hi, Bcc: []string{"b"}}), "messages[0] takes cc and bcc only"},
		{d.SetEndUserAttributes.Spec, attributes(d.CustomAttributeSetting{ID: alice}), "attributes needs one of value (Text), values (Select) and clear"},
		{d.SetEndUserAttributes.Spec, attributes(d.CustomAttributeSetting{ID: alice, Value: new("a"), Values: []string{"b"}}), "attributes needs one of value"},
		{d.SetEndUserAttributes.Spec, attributes(d.CustomAttributeSetting{ID: alice, Value: new("a")}, d.CustomAttributeSetting{ID: alice, Value: new("b")}), "may name an id once"},
		{d.SubmitRating.Spec, &d.SubmitRatingIn{ConversationRef: about, RatingID: "r", RatingType: "Csat"}, "value must be 1 to 5 for Csat"},
		{d.AnonymizeEntity.Spec, &d.AnonymizeEntityIn{Type: "Conversation", EntityID: "x"}, "entityId must be a number for a Conversation"},
		{d.QueryMetric.Spec, &d.QueryMetricIn{}, "needs exactly one of: preset; start and end; csidFilter"},
		{d.QueryMetric.Spec, &d.QueryMetricIn{AnalyticsQuery: d.AnalyticsQuery{Start: noon}}, "needs exactly one of"},
		{d.QueryMetric.Spec, &d.QueryMetricIn{AnalyticsQuery: d.AnalyticsQuery{Preset: "Today", End: noon}}, "needs exactly one of"},
		{d.QueryMetric.Spec, &d.QueryMetricIn{AnalyticsQuery: d.AnalyticsQuery{Preset: "Today", CSIDFilter: []int64{1}}}, "needs exactly one of"},
		{d.CreateWebhook.Spec, &d.CreateWebhookIn{Authorization: "BasicAuth", WebhookSettings: d.WebhookSettings{Username: "u"}}, "password is missing: BasicAuth needs username, password"},
		{d.CreateWebhook.Spec, &d.CreateWebhookIn{Authorization: "NoAuth", WebhookSettings: d.WebhookSettings{Token: "t"}}, "token does not go with NoAuth, which takes nothing else"},
		{d.CreateWebhook.Spec, &d.CreateWebhookIn{Authorization: "NoAuth", WebhookSettings: d.WebhookSettings{CustomHeaders: []d.WebhookHeader{{Name: "X"}, {Name: "X"}}}}, "customHeaders may name a header once"},
		{d.CreateWebhook.Spec, &d.CreateWebhookIn{Authorization: "NoAuth", WebhookSettings: d.WebhookSettings{Filters: []d.WebhookFilter{{Field: "QueueId", Operator: "IsOneOf", Values: []string{"Billing"}}}}}, "values of QueueId must be a UUID"},
		{d.UpdateWebhook.Spec, &d.UpdateWebhookIn{WebhookRef: d.WebhookRef{WebhookSubscriptionID: alice}, WebhookSettings: d.WebhookSettings{Token: "t"}}, "token does not go with a change without authorization"},
		{d.ListWebhookDeliveries.Spec, &d.ListWebhookDeliveriesIn{WebhookRef: d.WebhookRef{WebhookSubscriptionID: alice}, Event: "Closed"}, "event must be an event of a webhook, such as ConversationCreated"},
		{d.UploadArticleImages.Spec, image("%"), "images[0] must have the image's content in base64"},
		{d.UploadArticleImages.Spec, image(base64.StdEncoding.EncodeToString([]byte("%PDF-1.7"))), "images[0] must be png, jpeg, gif or webp; its content is application/pdf"},
		{d.UploadArticleImages.Spec, image(base64.StdEncoding.EncodeToString(png(4<<20 + 1))), "images[0] may have 4 MB"},
		{d.UploadArticleImages.Spec, &d.UploadArticleImagesIn{Images: []d.ArticleImage{{Base64: png64}, {Base64: png64}, {Base64: png64}}}, "images may have 10 MB in all"},
	} {
		_, err := c.op.Request(c.in)
		var refused *d.InputError
		require.ErrorAs(t, err, &refused, c.want)
		require.Equal(t, c.op.Name, refused.Operation)
		require.Contains(t, err.Error(), c.want)
	}
}

// png is something that looks like a PNG of that many bytes.
func png(size int) []byte { return append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, size-8)...) }

var png64 = base64.StdEncoding.EncodeToString(png(4 << 20))

func TestUploadIsAFormWithOnePartAFile(t *testing.T) {
	in := &d.UploadArticleImagesIn{Images: []d.ArticleImage{
		{Filename: "a.png", Base64: base64.StdEncoding.EncodeToString(png(20))},
		{Filename: "b\"\r\n.gif", Base64: base64.StdEncoding.EncodeToString([]byte("GIF89a"))},
	}}
	r, err := d.UploadArticleImages.Spec.Request(in)
	require.NoError(t, err)
	mediaType, params, err := mime.ParseMediaType(r.ContentType)
	require.NoError(t, err)
	require.Equal(t, "multipart/form-data", mediaType)
	form := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"])
	for _, want := range []struct{ contentType, content string }{{"image/png", string(png(20))}, {"image/gif", "GIF89a"}} {
		part, err := form.NextPart()
		require.NoError(t, err)
		require.Equal(t, "files", part.FormName())
		require.Equal(t, want.contentType, part.Header.Get("Content-Type"))
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		require.Equal(t, want.content, string(content))
	}
	_, err = form.NextPart()
	require.ErrorIs(t, err, io.EOF)
}

func TestKindReadsBothForms(t *testing.T) {
	for in, want := range map[string]d.Kind{`{"_type":"Open"}`: "Open", `"Closed"`: "Closed", `7`: "", `null`: ""} {
		var k d.Kind
		require.NoError(t, k.UnmarshalJSON([]byte(in)))
		require.Equal(t, want, k)
	}
}

// Arguments of another name than conversationId that name a conversation.
func TestConversationsUnderOtherNames(t *testing.T) {
	id, ok := d.ConversationOf(&d.AnonymizeEntityIn{Type: "Conversation", EntityID: "42"})
	require.True(t, ok && id == 42)
	_, ok = d.ConversationOf(&d.AnonymizeEntityIn{Type: "User", EntityID: "42"})
	require.False(t, ok)
}

// Every enum value is there once, since a schema shows them all.
func TestEnumsHaveNoTwins(t *testing.T) {
	for _, s := range d.Operations() {
		for _, f := range reflect.VisibleFields(s.In()) {
			if e, ok := reflect.Zero(f.Type).Interface().(interface{ Values() []string }); ok {
				seen := map[string]bool{}
				for _, v := range e.Values() {
					require.False(t, seen[v] || v == "" || strings.TrimSpace(v) != v, "%s: %q", f.Type, v)
					seen[v] = true
				}
			}
		}
	}
}
