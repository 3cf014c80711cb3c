package seed

import (
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

func (w *maker) seedTemplates() {
	for i, s := range fiction.Templates() {
		n := int64(i)
		t := &desk.Template{ID: w.UUID("template", n), Name: s.Name, Type: "QuickResponse", Content: s.Lines["en"][0], CreatedBy: w.Owner(),
			CreatedAt: offsetTime(w.Anchor.AddDate(0, -20, i).Add(9 * time.Hour)), Translations: []desk.TemplateTranslation{}}
		if name, auto := strings.CutPrefix(s.Name, "! "); auto {
			t.Name, t.Type, t.Subject, t.Content = name, "EmailAutoReply", s.Lines["en"][0], s.Lines["en"][1]
		}
		for _, language := range []string{"da", "de", "sv"} {
			if said := s.Lines[language]; len(said) > 0 {
				t.Translations = append(t.Translations, desk.TemplateTranslation{Locale: language, Content: said[0], IsDeactivated: language == "sv" && i%6 == 0, Subject: ""})
			}
		}
		if i%5 == 2 {
			t.LastEditedBy, t.LastEditedAt = w.Agents.List[2].ID, offsetTime(w.Anchor.AddDate(0, -2, i).Add(11*time.Hour))
		}
		w.Templates.Add(t.ID, t)
	}
}

// offsetTime formats the times of templates: 2017-09-27T14:27:54.371+00:00.
func offsetTime(t time.Time) string { return wire.FormatTime(t, "2006-01-02T15:04:05.000+00:00") }

func (w *maker) seedKnowledge() {
	for i, s := range [][2]string{{"Help centre", "Answers for customers of Havbris"}, {"Internal handbook", "How customer care works, for colleagues"}} {
		k := &desk.Collection{ID: w.UUID("collection", int64(i)), Title: s[0], Description: s[1], InternalKbEnabled: i == 1}
		k.Restrictions = desk.Restrictions{IsRestricted: i == 1, InheritedRestrictions: []desk.InheritedRestriction{}}
		w.Knowledge.Collections.Add(k.ID, k)
	}
	byName := map[string]string{}
	for i, s := range seededCategories {
		k := &desk.Category{ID: w.UUID("category", int64(i)), Parent: byName[s.parent], Collection: w.Knowledge.Collections.List[s.collection].ID,
			Titles: []desk.Title{{LanguageID: "en", Title: s.en}, {LanguageID: "da", Title: s.da}}}
		byName[s.en] = k.ID
		w.Knowledge.Categories.Add(k.ID, k)
		for _, topic := range s.topics {
			w.seedArticle(topic, k.ID)
		}
	}
}

// seedArticle writes an article: published in English, mostly in Danish too, and sometimes with a newer draft.
func (w *maker) seedArticle(topic, parent string) {
	n := int64(len(w.Knowledge.Articles.List))
	r := w.Rand("article", n)
	at := w.Anchor.Add(-r.Between(30*24*time.Hour, 400*24*time.Hour)).Truncate(time.Millisecond)
	a := &desk.Article{ID: w.UUID("article", n), Parent: parent, Tags: []string{}, Created: at, Updated: at, CreatedBy: w.Agents.List[1].ID,
		UpdatedBy: w.Agents.List[1].ID, Owner: w.Agents.List[2].ID}
	all := fiction.Articles()
	text := all[slices.IndexFunc(all, func(s fiction.Section) bool { return s.Name == topic })].Lines
	for _, language := range []string{"en", "da"} {
		said := text[language]
		if len(said) == 0 {
			continue
		}
		body := ""
		for _, paragraph := range said[1:] {
			body += "<p>" + escape(paragraph) + "</p>"
		}
		v := desk.ArticleVersion{Title: said[0], HTML: body, Created: at, Updated: at, By: a.CreatedBy}
		t := &desk.Translation{Language: language, Draft: v}
		if language == "en" || r.Chance(60) {
			t.Published = &v
			a.Indexed = at
		}
		if next := text["draft"]; language == "en" && len(next) > 0 && r.Chance(40) {
			t.Draft.HTML += "<p>" + escape(next[0]) + "</p>"
			t.Draft.Updated = at.AddDate(0, 0, 12)
			a.Updated = t.Draft.Updated
		}
		a.Translations = append(a.Translations, t)
	}
	w.Knowledge.Articles.Add(a.ID, a)
}

// seededCategories have the articles of their topics.
var seededCategories = []struct {
	collection     int
	parent, en, da string
	topics         []string
}{
	{0, "", "Orders and delivery", "Ordrer og levering", []string{"delivery"}},
	{0, "Orders and delivery", "Returns", "Returnering", []string{"return", "damaged"}},
	{0, "", "Payment", "Betaling", []string{"refund", "double", "invoice"}},
	{0, "", "Your account", "Din konto", []string{"login", "subscription"}},
	{1, "", "How we work", "Sådan arbejder vi", []string{"handbook-refunds", "handbook-tone"}},
}

func (w *maker) seedWebhooks() {
	for i, s := range []struct{ name, url, events string }{
		{"Order system", "https://hooks.example.com/dixa/orders", "ConversationCreated ConversationClosed ConversationTagAdded"},
		{"Data warehouse", "https://warehouse.example.org/ingest/dixa", "ConversationRated ConversationMessageAdded"},
		{"Wallboard (old)", "https://wallboard.example.net/dixa", "ConversationEnqueued"},
	} {
		h := &desk.Webhook{
			ID: w.UUID("webhook", int64(i)), Name: s.name, SubscribedEvents: strings.Fields(s.events), URL: s.url, Enabled: i < 2,
			Headers:   map[string]string{"Authorization": "Bearer " + w.HexKey("webhook token", int64(i))[:24]},
			SecretKey: w.HexKey("webhook", int64(i)), CreatedBy: w.Owner(), UpdatedBy: w.Owner(),
			CreatedAt: wire.PlainTime(w.Anchor.AddDate(0, -8+i, 0).Add(9 * time.Hour)), UpdatedAt: wire.PlainTime(w.Anchor.AddDate(0, -7+i, 3).Add(10 * time.Hour)),
			Seeded: i + 1,
		}
		w.Webhooks.Add(h.ID, h)
	}
}
