package desk

// Template is a text that Dixa agents or flows send, as it is on the wire.
type Template struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Content      string                `json:"content"`
	CreatedBy    string                `json:"createdBy"`
	CreatedAt    string                `json:"createdAt"`
	LastEditedBy string                `json:"lastEditedBy,omitzero"`
	LastEditedAt string                `json:"lastEditedAt,omitzero"`
	Translations []TemplateTranslation `json:"translations"`
	Subject      string                `json:"subject,omitzero"`
	Type         string                `json:"_type"` // EmailAutoReply or QuickResponse
}

// TemplateTranslation is a template in another language.
type TemplateTranslation struct {
	Locale        string `json:"locale"`
	Content       string `json:"content"`
	IsDeactivated bool   `json:"isDeactivated"`
	Subject       string `json:"subject,omitzero"`
}
