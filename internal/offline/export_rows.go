package offline

import (
	"strings"
	"time"

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

func (w *world) exported(c *conversation) exportedConversation {
	v := exportedConversation{
		ID: c.id, CreatedAt: millis(c.created), InitialChannel: c.channel.export, RequesterID: c.requester, RequesterEmails: []string{},
		RequesterPhones: []string{}, ClosedAt: millis(c.closed), Ratings: []exportedRating{}, Direction: exportedDirection(c.direction),
		Tags: []string{}, TagsInfo: []string{}, Notes: []string{}, UpdatedAt: millis(c.touched), LastMessageAt: millis(c.lastMessage),
		Status: strings.ToLower(c.state), Subject: c.subject, AnonymizedAt: millis(c.anonymized), CustomFields: []exportedField{},
	}
	for _, id := range c.tags {
		v.Tags = append(v.Tags, w.tags.byID[id].name)
		v.TagsInfo = append(v.TagsInfo, w.tags.byID[id].name)
	}
	if c.link != nil {
		v.LinkType, v.LinkedAt, v.LinkedTo = exportedLinks[c.link.Type], millis(c.link.at), c.link.ParentID
	}
	for _, r := range w.ratingsOf(c) {
		one := exportedRating{RatingType: r.kind, RatingComment: r.comment, RatingStatus: "offered"}
		if !r.rated.IsZero() {
			one.RatingStatus, one.RatingScore = "rated", &r.score
		}
		v.Ratings = append(v.Ratings, one)
	}
	if c.anonymized.IsZero() {
		w.exportPeople(c, &v)
	}
	return v
}

// exportPeople adds what anonymization takes away, and who had the conversation.
func (w *world) exportPeople(c *conversation, v *exportedConversation) {
	if u := w.users.byID[c.requester]; u != nil {
		v.RequesterName, v.RequesterEmail, v.RequesterPhone = u.DisplayName, u.Email, u.PhoneNumber
		v.RequesterEmails, v.RequesterPhones = wire.List(u.AdditionalEmails), wire.List(u.AdditionalPhoneNumbers)
	}
	if a := w.personByID(c.agent); a != nil {
		v.AssignedAt, v.AssigneeID, v.AssigneeName, v.AssigneeEmail, v.AssigneePhone = millis(c.assigned), a.ID, a.DisplayName, a.Email, a.PhoneNumber
		if !c.closed.IsZero() {
			v.HandlingDuration = int64(c.closed.Sub(c.assigned) / time.Second)
		}
	}
	if q := w.queues.byID[c.queue]; q != nil {
		v.QueuedAt, v.QueueID, v.QueueName = millis(c.queued), q.ID, q.Name
	}
	if e, ok := w.endpointNamed(c.endpoint); ok && e.Address != "" {
		v.EmailIntegrationID = e.Address
	} else if ok {
		v.ToNumber, v.ToNumberName = e.Number, e.Name
	}
	for _, n := range w.notesOf(c) {
		v.Notes = append(v.Notes, n.Message)
	}
	for _, a := range w.attrs.list {
		if value, ok := c.attrs[a.id]; ok {
			v.CustomFields = append(v.CustomFields, exportedField{a.id, a.identifier, value, a.wire().InputDefinition.Type, a.archived})
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

func (w *world) exportedMessage(c *conversation, m *message) exportedMessage {
	v := exportedMessage{ID: m.id, CSID: c.id, CreatedAt: millis(m.at), InitialChannel: c.channel.export,
		Direction: strings.ToLower(side(m.out)), Text: m.text, Duration: m.attrs.Duration, IsAutomated: m.attrs.IsAutomated}
	if p := w.personByID(m.author); p != nil && !m.redacted {
		v.AuthorName, v.AuthorEmail = p.DisplayName, p.Email
	}
	if words := m.words(); words != nil {
		v.Text = words.Value
	}
	switch from := m.attrs.From.(type) {
	case string:
		v.FromPhone = from
		v.ToPhone, _ = m.attrs.To.(string)
	case contact:
		v.From = from.Email
		to, _ := m.attrs.To.([]contact)
		v.To, v.Cc, v.Bcc = addresses(to), addresses(m.attrs.Cc), addresses(m.attrs.Bcc)
	}
	if c.channel.name == "Voicemail" {
		v.VoicemailURL = m.attrs.Recording
	} else {
		v.RecordingURL = m.attrs.Recording
	}
	for _, f := range m.attrs.Attachments {
		v.AttachedFiles = append(v.AttachedFiles, f.URL)
	}
	if m.attrs.FormSubmission != nil {
		v.FormSubmission = m.attrs.FormSubmission.Values
	}
	return v
}

func addresses(contacts []contact) []string {
	all := []string{}
	for _, c := range contacts {
		all = append(all, c.Email)
	}
	return all
}
