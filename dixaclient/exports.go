package dixaclient

import (
	"encoding/json"
	"strconv"
	"time"
)

// MaxExportSpan is the longest window that one export may ask for.
const MaxExportSpan = 31 * 24 * time.Hour

// Millis is a moment that is sent as Unix milliseconds, as the Exports API takes it.
type Millis struct{ Time }

// String returns the form that is sent.
func (m Millis) String() string { return strconv.FormatInt(m.UnixMilli(), 10) }

// ExportConversationsIn asks for a window, both of its ends, or for conversations by their ids. Of several windows all
// must hold; Dixa takes no query that spans more than 31 days.
type ExportConversationsIn struct {
	UpdatedAfter             Millis  `json:"updatedAfter,omitzero" in:"query" wire:"updated_after" jsonschema_description:"each After needs its Before, at most 31 days later"`
	UpdatedBefore            Millis  `json:"updatedBefore,omitzero" in:"query" time:"end" wire:"updated_before"`
	CreatedAfter             Millis  `json:"createdAfter,omitzero" in:"query" wire:"created_after"`
	CreatedBefore            Millis  `json:"createdBefore,omitzero" in:"query" time:"end" wire:"created_before"`
	ClosedAfter              Millis  `json:"closedAfter,omitzero" in:"query" wire:"closed_after"`
	ClosedBefore             Millis  `json:"closedBefore,omitzero" in:"query" time:"end" wire:"closed_before"`
	LastMessageCreatedAfter  Millis  `json:"lastMessageCreatedAfter,omitzero" in:"query" wire:"last_message_created_after"`
	LastMessageCreatedBefore Millis  `json:"lastMessageCreatedBefore,omitzero" in:"query" time:"end" wire:"last_message_created_before"`
	CSIDs                    []int32 `json:"csids,omitzero" in:"query" check:"max=100" jsonschema_description:"conversation ids, instead of a window"`
}

// Check holds the request against Dixa's rules for windows.
func (in ExportConversationsIn) Check() error {
	windows, err := checkWindows(
		window{"updated", in.UpdatedAfter, in.UpdatedBefore},
		window{"created", in.CreatedAfter, in.CreatedBefore},
		window{"closed", in.ClosedAfter, in.ClosedBefore},
		window{"lastMessageCreated", in.LastMessageCreatedAfter, in.LastMessageCreatedBefore},
	)
	switch {
	case err != nil:
		return err
	case windows == 0 && len(in.CSIDs) == 0:
		return &InputError{Problem: "needs a window, such as updatedAfter and updatedBefore, or csids"}
	case windows > 0 && len(in.CSIDs) > 0:
		return &InputError{Field: "csids", Problem: "are instead of a window: give one of the two"}
	}
	return nil
}

// ExportMessagesIn asks for a window, both of its ends.
type ExportMessagesIn struct {
	CreatedAfter  Millis `json:"createdAfter" in:"query" wire:"created_after"`
	CreatedBefore Millis `json:"createdBefore" in:"query" time:"end" wire:"created_before" jsonschema_description:"at most 31 days later"`
}

// Check holds the request against Dixa's rules for windows.
func (in ExportMessagesIn) Check() error {
	windows, err := checkWindows(window{"created", in.CreatedAfter, in.CreatedBefore})
	if err == nil && windows == 0 {
		err = &InputError{Problem: "needs createdAfter and createdBefore"}
	}
	return err
}

// window is one pair of arguments.
type window struct {
	name          string
	after, before Millis
}

// checkWindows counts the windows that are given.
func checkWindows(all ...window) (given int, err error) {
	var first, last time.Time
	for _, w := range all {
		after, before := w.name+"After", w.name+"Before"
		switch {
		case w.after.IsZero() && w.before.IsZero():
			continue
		case w.after.IsZero():
			return 0, &InputError{Field: after, Problem: "is missing beside " + before}
		case w.before.IsZero():
			return 0, &InputError{Field: before, Problem: "is missing beside " + after}
		case w.after.UnixMilli() < 0:
			return 0, &InputError{Field: after, Problem: "must not be before 1970"}
		case w.after.UnixMilli() >= w.before.UnixMilli():
			return 0, &InputError{Field: before, Problem: "must be later than " + after + "; a date means its 00:00 UTC, so the next day's ends a day"}
		case w.before.Sub(w.after.Time.Time) > MaxExportSpan:
			return 0, &InputError{Field: before, Problem: "must be at most 31 days after " + after}
		}
		if given++; given == 1 || w.after.Before(first) {
			first = w.after.Time.Time
		}
		if w.before.After(last) {
			last = w.before.Time.Time
		}
	}
	if last.Sub(first) > MaxExportSpan {
		return 0, &InputError{Problem: "the windows must lie within 31 days, all together"}
	}
	return given, nil
}

// ExportedConversation is a conversation as exports give it. Moments are Unix milliseconds, durations seconds; what is
// not known is zero.
type ExportedConversation struct {
	ID                             int64             `json:"id"`
	CreatedAt                      int64             `json:"created_at"`
	InitialChannel                 string            `json:"initial_channel"`
	RequesterID                    UUID              `json:"requester_id"`
	RequesterName                  string            `json:"requester_name"`
	RequesterEmail                 string            `json:"requester_email"`
	RequesterAdditionalEmails      []string          `json:"requester_additional_emails"`
	RequesterPhoneNumber           string            `json:"requester_phone_number"`
	RequesterAdditionalPhones      []string          `json:"requester_additional_phone_numbers"`
	QueuedAt                       int64             `json:"queued_at"`
	QueueID                        UUID              `json:"queue_id"`
	QueueName                      string            `json:"queue_name"`
	ClosedAt                       int64             `json:"closed_at"`
	Ratings                        []json.RawMessage `json:"ratings"`
	Direction                      string            `json:"direction"`
	AssignedAt                     int64             `json:"assigned_at"`
	AssigneeID                     UUID              `json:"assignee_id"`
	AssigneeName                   string            `json:"assignee_name"`
	AssigneeEmail                  string            `json:"assignee_email"`
	AssigneePhoneNumber            string            `json:"assignee_phone_number"`
	ToProvisionedPhoneNumberID     string            `json:"to_provisioned_phone_number_id"`
	ToProvisionedPhoneNumberName   string            `json:"to_provisioned_phone_number_name"`
	DixaEmailIntegrationID         string            `json:"dixa_email_integration_id"`
	DixaEmailIntegrationSenderName string            `json:"dixa_email_integration_sender_name"`
	ForwardingEmail                string            `json:"forwarding_email"`
	FacebookPageID                 string            `json:"facebook_page_id"`
	FacebookPageName               string            `json:"facebook_page_name"`
	WidgetID                       UUID              `json:"widget_id"`
	WidgetName                     string            `json:"widget_name"`
	Tags                           []string          `json:"tags"`
	TagsInfo                       []string          `json:"tags_info"`
	ConversationWrapupNotes        []string          `json:"conversation_wrapup_notes"`
	TransfereeName                 string            `json:"transferee_name"`
	TransferTime                   int64             `json:"transfer_time"`
	OriginatingCountry             string            `json:"originating_country"`
	UpdatedAt                      int64             `json:"updated_at"`
	LastMessageCreatedAt           int64             `json:"last_message_created_at"`
	Status                         string            `json:"status"`
	TransfereeNumber               string            `json:"transferee_number"`
	FromProvisionedPhoneNumberID   string            `json:"from_provisioned_phone_number_id"`
	FromProvisionedPhoneNumberName string            `json:"from_provisioned_phone_number_name"`
	Subject                        string            `json:"subject"`
	AnonymizedAt                   int64             `json:"anonymized_at"`
	CustomFields                   []json.RawMessage `json:"custom_fields"`
	ExportsHandlingDuration        int64             `json:"exports_handling_duration"`
	LinkType                       string            `json:"link_type"`
	LinkedAt                       int64             `json:"linked_at"`
	LinkedTo                       int64             `json:"linked_to"`
	RatingScore                    *int              `json:"rating_score"`      // deprecated by Dixa, as the following
	RatingMessage                  string            `json:"rating_message"`    // see Ratings
	TotalDuration                  int64             `json:"total_duration"`    // closed_at - created_at
	HandlingDuration               int64             `json:"handling_duration"` // closed_at - assigned_at
}

// ExportedMessage is a message as exports give it; internal notes are none. CreatedAt is in Unix milliseconds.
type ExportedMessage struct {
	ID                 UUID            `json:"id"`
	CSID               int64           `json:"csid"` // its conversation
	CreatedAt          int64           `json:"created_at"`
	InitialChannel     string          `json:"initial_channel"`
	AuthorName         string          `json:"author_name"`
	AuthorEmail        string          `json:"author_email"`
	Direction          string          `json:"direction"` // of its conversation
	Text               string          `json:"text"`
	FromPhoneNumber    string          `json:"from_phone_number"`
	ToPhoneNumber      string          `json:"to_phone_number"`
	Duration           int64           `json:"duration"`
	RecordingURL       string          `json:"recording_url"`
	VoicemailURL       string          `json:"voicemail_url"`
	To                 []string        `json:"to"`
	From               string          `json:"from"`
	CC                 []string        `json:"cc"`
	BCC                []string        `json:"bcc"`
	AttachedFiles      []string        `json:"attached_files"`
	IsAutomatedMessage bool            `json:"is_automated_message"`
	ChatInputQuestion  string          `json:"chat_input_question"`
	ChatInputAnswer    string          `json:"chat_input_answer"`
	ChatMenuText       string          `json:"chat_menu_text"`
	FormSubmission     json.RawMessage `json:"form_submission"`
}

// The exports. Their answers can have hundreds of megabytes: take them with [Op.Stream].
var (
	ExportConversations = op[ExportConversationsIn, []ExportedConversation]("export_conversations", "GET /v1/conversation_export", Read, on(Exports), bare)
	ExportMessages      = op[ExportMessagesIn, []ExportedMessage]("export_messages", "GET /v1/message_export", Read, on(Exports), bare)
)
