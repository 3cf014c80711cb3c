package archive

import (
	"encoding/json"
	"strings"

	"dixa-mcp/dixaclient"
)

// liveMessage is a message as list_messages answers it. A field of another type than documented is as one that is missing.
type liveMessage struct {
	ID         string                     `json:"id"`
	CreatedAt  dixaclient.Time            `json:"createdAt"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// readLive makes of a conversation's messages, as list_messages answers them, rows as the export has them. Their authors have no names.
func readLive(conversation int64, answer []byte) (all []Message, skipped int) {
	var body struct{ Data []json.RawMessage }
	if json.Unmarshal(answer, &body) != nil {
		return nil, 1
	}
	for _, raw := range body.Data {
		var live liveMessage
		if json.Unmarshal(raw, &live) != nil {
			skipped++
			continue
		}
		m, err := live.exported(conversation).message()
		if err != nil {
			skipped++
			continue
		}
		all = append(all, m)
	}
	return all, skipped
}

// exported returns the fields that the export would have.
func (m liveMessage) exported(conversation int64) fields {
	f := fields{}
	set := func(name string, value any) {
		if text, err := json.Marshal(value); err == nil {
			f[name] = text
		}
	}
	a := fields(m.Attributes)
	set("id", m.ID)
	set("csid", conversation)
	set("created_at", m.CreatedAt.UnixMilli())
	set("direction", strings.ToLower(a.text("direction")))
	set("is_automated_message", a.flag("isAutomated") || a.flag("isAutoReply"))
	set("duration", a.number("duration"))
	set("recording_url", a.text("recording"))
	set("text", a.content())
	var form struct{ Values json.RawMessage }
	if json.Unmarshal(a["formSubmission"], &form) == nil && form.Values != nil {
		set("form_submission", form.Values)
	}
	if from, to := a.text("from"), a.text("to"); from+to != "" { // numbers of a call
		set("from_phone_number", from)
		set("to_phone_number", to)
	} else {
		var sender struct{ Email string }
		_ = json.Unmarshal(a["from"], &sender)
		set("from", sender.Email)
		for _, name := range []string{"to", "cc", "bcc"} {
			set(name, addresses(a[name]))
		}
	}
	set("attached_files", files(a["attachments"]))
	return f
}

// content returns the text of a message: of mail it is one level deeper.
func (f fields) content() string {
	var content struct{ Value string }
	raw := f["content"]
	if mail := f["emailContent"]; mail != nil {
		var regular struct{ Content json.RawMessage }
		_ = json.Unmarshal(mail, &regular)
		raw = regular.Content
	}
	_ = json.Unmarshal(raw, &content)
	return content.Value
}

func addresses(raw json.RawMessage) (all []string) {
	var contacts []struct{ Email string }
	_ = json.Unmarshal(raw, &contacts)
	for _, c := range contacts {
		all = append(all, c.Email)
	}
	return all
}

func files(raw json.RawMessage) (all []string) {
	var attached []struct{ URL string }
	_ = json.Unmarshal(raw, &attached)
	for _, f := range attached {
		all = append(all, f.URL)
	}
	return all
}
