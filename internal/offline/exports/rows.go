// Package exports writes the rows of the Exports API.
package exports

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// exportedConversation is a row of the conversation export. Times are milliseconds.
type exportedConversation struct {
	ID                 int64            `json:"id"`
	CreatedAt          int64            `json:"created_at"`
	InitialChannel     string           `json:"initial_channel"`
	RequesterID        string           `json:"requester_id"`
	RequesterName      string           `json:"requester_name,omitzero"`
	RequesterEmail     string           `json:"requester_email,omitzero"`
	RequesterEmails    []string         `json:"requester_additional_emails"`
	RequesterPhone     string           `json:"requester_phone_number,omitzero"`
	RequesterPhones    []string         `json:"requester_additional_phone_numbers"`
	QueuedAt           int64            `json:"queued_at,omitzero"`
	QueueID            string           `json:"queue_id,omitzero"`
	QueueName          string           `json:"queue_name,omitzero"`
	ClosedAt           int64            `json:"closed_at,omitzero"`
	Ratings            []exportedRating `json:"ratings"`
	Direction          string           `json:"direction"`
	AssignedAt         int64            `json:"assigned_at,omitzero"`
	AssigneeID         string           `json:"assignee_id,omitzero"`
	AssigneeName       string           `json:"assignee_name,omitzero"`
	AssigneeEmail      string           `json:"assignee_email,omitzero"`
	AssigneePhone      string           `json:"assignee_phone_number,omitzero"`
	ToNumber           string           `json:"to_provisioned_phone_number_id,omitzero"`
	ToNumberName       string           `json:"to_provisioned_phone_number_name,omitzero"`
	EmailIntegrationID string           `json:"dixa_email_integration_id,omitzero"`
	Tags               []string         `json:"tags"`
	TagsInfo           []string         `json:"tags_info"`
	Notes              []string         `json:"conversation_wrapup_notes"`
	UpdatedAt          int64            `json:"updated_at"`
	LastMessageAt      int64            `json:"last_message_created_at,omitzero"`
	Status             string           `json:"status"`
	Subject            string           `json:"subject,omitzero"`
	AnonymizedAt       int64            `json:"anonymized_at,omitzero"`
	CustomFields       []exportedField  `json:"custom_fields"`
	HandlingDuration   int64            `json:"exports_handling_duration,omitzero"` // seconds
	LinkType           string           `json:"link_type,omitzero"`
	LinkedAt           int64            `json:"linked_at,omitzero"`
	LinkedTo           int64            `json:"linked_to,omitzero"`
}

type exportedRating struct {
	RatingType    string `json:"rating_type"`
	RatingScore   *int32 `json:"rating_score,omitzero"` // 0 is a thumb down; nil before the customer rated
	RatingComment string `json:"rating_comment,omitzero"`
	RatingStatus  string `json:"rating_status"`
}

type exportedField struct {
	AttributeID string `json:"attribute_id"`
	Identifier  string `json:"identifier"`
	Value       any    `json:"value"`
	DataType    string `json:"data_type"`
	Archived    bool   `json:"archived"`
}

// exportedLinks are the words of exports for the types of links.
var exportedLinks = map[string]string{"EmailForward": "email_forward", "FollowUp": "follow_up", "SideConversation": "side", "Related": "related"}

// millis returns a time as exports have it; 0, which is left out, for what has not happened.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Conversation returns a conversation as a row of the conversation export.
func Conversation(w *desk.World, c *desk.Conversation) any {
	v := exportedConversation{
		ID: c.ID, CreatedAt: millis(c.Created), InitialChannel: c.Channel.Export, RequesterID: c.Requester, RequesterEmails: []string{},
		RequesterPhones: []string{}, ClosedAt: millis(c.Closed), Ratings: []exportedRating{}, Direction: exportedDirection(c.Direction),
		Tags: []string{}, TagsInfo: []string{}, Notes: []string{}, UpdatedAt: millis(c.Touched), LastMessageAt: millis(c.LastMessage),
		Status: strings.ToLower(c.State), Subject: c.Subject, AnonymizedAt: millis(c.Anonymized), CustomFields: []exportedField{},
	}
	for _, id := range c.Tags {
		v.Tags = append(v.Tags, w.Tags.ByID[id].Name)
		v.TagsInfo = append(v.TagsInfo, w.Tags.ByID[id].Name)
	}
	if c.Link != nil {
		v.LinkType, v.LinkedAt, v.LinkedTo = exportedLinks[c.Link.Type], millis(c.Link.At), c.Link.ParentID
	}
	for _, r := range w.RatingsOf(c) {
		one := exportedRating{RatingType: r.Kind, RatingComment: r.Comment, RatingStatus: "offered"}
		if !r.Rated.IsZero() {
			one.RatingStatus, one.RatingScore = "rated", &r.Score
		}
		v.Ratings = append(v.Ratings, one)
	}
	if c.Anonymized.IsZero() {
		exportPeople(w, c, &v)
	}
	return v
}

// exportPeople adds what anonymization takes away, and who had the conversation.
func exportPeople(w *desk.World, c *desk.Conversation, v *exportedConversation) {
	if u := w.Users.ByID[c.Requester]; u != nil {
		v.RequesterName, v.RequesterEmail, v.RequesterPhone = u.DisplayName, u.Email, u.PhoneNumber
		v.RequesterEmails, v.RequesterPhones = wire.List(u.AdditionalEmails), wire.List(u.AdditionalPhoneNumbers)
	}
	if a := w.PersonByID(c.Agent); a != nil {
		v.AssignedAt, v.AssigneeID, v.AssigneeName, v.AssigneeEmail, v.AssigneePhone = millis(c.Assigned), a.ID, a.DisplayName, a.Email, a.PhoneNumber
		if !c.Closed.IsZero() {
			v.HandlingDuration = int64(c.Closed.Sub(c.Assigned) / time.Second)
		}
	}
	if q := w.Queues.ByID[c.Queue]; q != nil {
		v.QueuedAt, v.QueueID, v.QueueName = millis(c.Queued), q.ID, q.Name
	}
	if e, ok := w.EndpointNamed(c.Endpoint); ok && e.Address != "" {
		v.EmailIntegrationID = e.Address
	} else if ok {
		v.ToNumber, v.ToNumberName = e.Number, e.Name
	}
	for _, n := range w.NotesOf(c) {
		v.Notes = append(v.Notes, n.Message)
	}
	for _, a := range w.Attributes.List {
		if value, ok := c.Attributes[a.ID]; ok {
			v.CustomFields = append(v.CustomFields, exportedField{a.ID, a.Identifier, value, a.Type(), a.Archived})
		}
	}
}

// exportedDirection returns a direction as exports have it, "" for internal conversations.
func exportedDirection(direction string) string {
	if direction == "Outbound" {
		return "outbound"
	}
	return "inbound"
}

// exportedMessage is a row of the message export.
type exportedMessage struct {
	ID             string         `json:"id"`
	CSID           int64          `json:"csid"`
	CreatedAt      int64          `json:"created_at"`
	InitialChannel string         `json:"initial_channel"`
	AuthorName     string         `json:"author_name,omitzero"`
	AuthorEmail    string         `json:"author_email,omitzero"`
	Direction      string         `json:"direction"`
	Text           string         `json:"text,omitzero"`
	FromPhone      string         `json:"from_phone_number,omitzero"`
	ToPhone        string         `json:"to_phone_number,omitzero"`
	Duration       int            `json:"duration,omitzero"` // seconds
	RecordingURL   string         `json:"recording_url,omitzero"`
	VoicemailURL   string         `json:"voicemail_url,omitzero"`
	To             []string       `json:"to,omitzero"`
	From           string         `json:"from,omitzero"`
	Cc             []string       `json:"cc,omitzero"`
	Bcc            []string       `json:"bcc,omitzero"`
	AttachedFiles  []string       `json:"attached_files,omitzero"`
	IsAutomated    *bool          `json:"is_automated_message,omitzero"`
	FormSubmission map[string]any `json:"form_submission,omitzero"`
}

// Message returns a message as a row of the message export.
func Message(w *desk.World, c *desk.Conversation, m *desk.Message) any {
	v := exportedMessage{ID: m.ID, CSID: c.ID, CreatedAt: millis(m.At), InitialChannel: c.Channel.Export,
		Direction: strings.ToLower(desk.Side(m.Out)), Text: m.Text, Duration: m.Attributes.Duration, IsAutomated: m.Attributes.IsAutomated}
	if p := w.PersonByID(m.Author); p != nil && !m.Redacted {
		v.AuthorName, v.AuthorEmail = p.DisplayName, p.Email
	}
	if words := m.Words(); words != nil {
		v.Text = words.Value
	}
	switch from := m.Attributes.From.(type) {
	case string:
		v.FromPhone = from
		v.ToPhone, _ = m.Attributes.To.(string)
	case desk.Contact:
		v.From = from.Email
		to, _ := m.Attributes.To.([]desk.Contact)
		v.To, v.Cc, v.Bcc = addresses(to), addresses(m.Attributes.Cc), addresses(m.Attributes.Bcc)
	}
	if c.Channel.Name == "Voicemail" {
		v.VoicemailURL = m.Attributes.Recording
	} else {
		v.RecordingURL = m.Attributes.Recording
	}
	for _, f := range m.Attributes.Attachments {
		v.AttachedFiles = append(v.AttachedFiles, f.URL)
	}
	if m.Attributes.FormSubmission != nil {
		v.FormSubmission = m.Attributes.FormSubmission.Values
	}
	return v
}

func addresses(contacts []desk.Contact) []string {
	all := []string{}
	for _, c := range contacts {
		all = append(all, c.Email)
	}
	return all
}
