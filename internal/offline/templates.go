package offline

import (
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var templateRoutes = []route{
	{Pattern: "GET /v1/templates", Status: 200, Query: "type " + request.Paging, Handle: listTemplates},
	{Pattern: "DELETE /v1/templates/{templateId}", Status: 204, Handle: deleteTemplate},
}

// template is a text that Dixa agents or flows send, as it is on the wire.
type template struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Content      string                `json:"content"`
	CreatedBy    string                `json:"createdBy"`
	CreatedAt    string                `json:"createdAt"`
	LastEditedBy string                `json:"lastEditedBy,omitzero"`
	LastEditedAt string                `json:"lastEditedAt,omitzero"`
	Translations []templateTranslation `json:"translations"`
	Subject      string                `json:"subject,omitzero"`
	Type         string                `json:"_type"` // EmailAutoReply or QuickResponse
}

type templateTranslation struct {
	Locale        string `json:"locale"`
	Content       string `json:"content"`
	IsDeactivated bool   `json:"isDeactivated"`
	Subject       string `json:"subject,omitzero"`
}

// offsetTime formats the times of templates: 2017-09-27T14:27:54.371+00:00.
func offsetTime(t time.Time) string { return wire.FormatTime(t, "2006-01-02T15:04:05.000+00:00") }

func (w *world) seedTemplates() {
	for i, s := range fiction.Templates() {
		n := int64(i)
		t := &template{ID: w.uuid("template", n), Name: s.Name, Type: "QuickResponse", Content: s.Lines["en"][0], CreatedBy: w.owner(),
			CreatedAt: offsetTime(w.anchor.AddDate(0, -20, i).Add(9 * time.Hour)), Translations: []templateTranslation{}}
		if name, auto := strings.CutPrefix(s.Name, "! "); auto {
			t.Name, t.Type, t.Subject, t.Content = name, "EmailAutoReply", s.Lines["en"][0], s.Lines["en"][1]
		}
		for _, language := range []string{"da", "de", "sv"} {
			if said := s.Lines[language]; len(said) > 0 {
				t.Translations = append(t.Translations, templateTranslation{language, said[0], language == "sv" && i%6 == 0, ""})
			}
		}
		if i%5 == 2 {
			t.LastEditedBy, t.LastEditedAt = w.agents.list[2].ID, offsetTime(w.anchor.AddDate(0, -2, i).Add(11*time.Hour))
		}
		w.templates.add(t.ID, t)
	}
}

func listTemplates(c *call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	kind := c.Query.Get("type")
	if c.Query.Has("type") && kind != "EmailAutoReply" && kind != "QuickResponse" {
		return nil, wire.ErrParam.Because("query parameter type is neither EmailAutoReply nor QuickResponse")
	}
	found := slices.DeleteFunc(slices.Clone(c.templates.list), func(t *template) bool { return kind != "" && t.Type != kind })
	return request.Paged(c.Request, p, wire.List(found)), nil
}

func deleteTemplate(c *call) (any, error) {
	t, err := c.templates.get(c.ID("templateId"))
	if err != nil {
		return nil, err
	}
	c.templates.remove(t.ID, func(o *template) bool { return o == t })
	c.did(t.ID, "template "+t.Name+" deleted")
	return nil, nil
}
