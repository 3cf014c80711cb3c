package dixaclient

// TemplateType is a kind of template.
type TemplateType string

// Values returns the two kinds.
func (TemplateType) Values() []string { return []string{"EmailAutoReply", "QuickResponse"} }

// Template is a text that is sent automatically or picked by Dixa agents, with its translations.
type Template struct {
	Type         TemplateType          `json:"_type"`
	ID           Name                  `json:"id"`
	Name         string                `json:"name"`
	Subject      string                `json:"subject"`
	Content      string                `json:"content"`
	CreatedAt    Time                  `json:"createdAt"`
	LastEditedAt Time                  `json:"lastEditedAt"`
	Translations []TemplateTranslation `json:"translations"`
}

// TemplateTranslation is a template in one language, such as da or en-US.
type TemplateTranslation struct {
	Locale        string `json:"locale"`
	Subject       string `json:"subject"`
	Content       string `json:"content"`
	IsDeactivated bool   `json:"isDeactivated"`
}

// ListTemplatesIn lists the templates of one kind, or all.
type ListTemplatesIn struct {
	Type TemplateType `json:"type,omitzero" in:"query"`
	Page
}

// TemplateRef names a template.
type TemplateRef struct {
	TemplateID UUID `json:"templateId" in:"path"`
}

// The operations on templates. Source: Dixa API v1, "Templates".
var (
	ListTemplates  = op[ListTemplatesIn, []Template]("list_templates", "GET /v1/templates", Read, shared, paged)
	DeleteTemplate = op[TemplateRef, None]("delete_template", "DELETE /v1/templates/{templateId}", Erase, lookWith("list_templates"))
)
