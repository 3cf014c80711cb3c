package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var knowledgeRoutes = []route{
	{Pattern: "GET /v1/knowledge/collections", Status: 200, Query: request.Paging, Handle: listCollections},
	{Pattern: "GET /v1/knowledge/collections/{collectionId}", Status: 200, Handle: getCollection},
	{Pattern: "GET /v1/knowledge/collections/{collectionId}/catalog", Status: 200, Query: "language", Handle: getCatalog},
	{Pattern: "GET /v1/knowledge/categories/{categoryId}", Status: 200, Query: "language", Handle: getCategory},
	{Pattern: "GET /v1/knowledge/categories/{categoryId}/translations", Status: 200, Handle: listCategoryTranslations},
}

// knowledge is the knowledge base: collections of categories, which hold categories and articles.
type knowledge struct {
	collections register[*collection]
	categories  register[*category]
	articles    register[*article]
}

type collection struct {
	ID                string       `json:"id"`
	Title             string       `json:"title"`
	Description       string       `json:"description,omitzero"`
	InternalKbEnabled bool         `json:"internalKbEnabled"`
	Restrictions      restrictions `json:"restrictions"`
}

type restrictions struct {
	IsRestricted          bool                   `json:"isRestricted"`
	InheritedRestrictions []inheritedRestriction `json:"inheritedRestrictions"`
}

type inheritedRestriction struct {
	FromCollection string `json:"fromCollection,omitzero"`
}

type category struct {
	id, parent, collection string
	titles                 []title
}

type title struct {
	LanguageID string `json:"languageId"`
	Title      string `json:"title"`
}

const defaultLanguage = "en"

// in returns the title in a language, in the default one where there is none.
func (k *category) in(language string) title {
	for _, t := range k.titles {
		if t.LanguageID == language {
			return t
		}
	}
	return k.titles[0]
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

func (w *world) seedKnowledge() {
	for i, s := range [][2]string{{"Help centre", "Answers for customers of Havbris"}, {"Internal handbook", "How customer care works, for colleagues"}} {
		k := &collection{ID: w.uuid("collection", int64(i)), Title: s[0], Description: s[1], InternalKbEnabled: i == 1}
		k.Restrictions = restrictions{i == 1, []inheritedRestriction{}}
		w.knowledge.collections.add(k.ID, k)
	}
	byName := map[string]string{}
	for i, s := range seededCategories {
		k := &category{id: w.uuid("category", int64(i)), parent: byName[s.parent], collection: w.knowledge.collections.list[s.collection].ID,
			titles: []title{{"en", s.en}, {"da", s.da}}}
		byName[s.en] = k.id
		w.knowledge.categories.add(k.id, k)
		for _, topic := range s.topics {
			w.seedArticle(topic, k.id)
		}
	}
}

// seedArticle writes an article: published in English, mostly in Danish too, and sometimes with a newer draft.
func (w *world) seedArticle(topic, parent string) {
	n := int64(len(w.knowledge.articles.list))
	r := w.rand("article", n)
	at := w.anchor.Add(-r.Between(30*24*time.Hour, 400*24*time.Hour)).Truncate(time.Millisecond)
	a := &article{id: w.uuid("article", n), parent: parent, tags: []string{}, created: at, updated: at, createdBy: w.agents.list[1].ID,
		updatedBy: w.agents.list[1].ID, owner: w.agents.list[2].ID}
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
		v := version{said[0], body, at, at, a.createdBy}
		t := &translation{language: language, draft: v}
		if language == "en" || r.Chance(60) {
			t.published = &v
			a.indexed = at
		}
		if next := text["draft"]; language == "en" && len(next) > 0 && r.Chance(40) {
			t.draft.html += "<p>" + escape(next[0]) + "</p>"
			t.draft.updated = at.AddDate(0, 0, 12)
			a.updated = t.draft.updated
		}
		a.translations = append(a.translations, t)
	}
	w.knowledge.articles.add(a.id, a)
}

func listCollections(c *call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	d := request.Paged(c.Request, p, c.knowledge.collections.list)
	d.Meta = nil // it takes a pageKey, but its answer has no place for one
	return d, nil
}

func getCollection(c *call) (any, error) {
	k, err := c.knowledge.collections.get(c.ID("collectionId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: k}, nil
}

// language returns the query parameter of that name, or the default language.
func (c *call) language() string {
	if l := c.Query.Get("language"); l != "" {
		return l
	}
	return defaultLanguage
}

type catalogCategory struct {
	ID         string            `json:"id"`
	Title      title             `json:"title"`
	Categories []catalogCategory `json:"categories"`
	Articles   []catalogArticle  `json:"articles"`
}

type catalogArticle struct {
	ID    string `json:"id"`
	Title title  `json:"title"`
}

func getCatalog(c *call) (any, error) {
	k, err := c.knowledge.collections.get(c.ID("collectionId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]any{"categories": c.below(k.ID, "", c.language()), "articles": []catalogArticle{}}}, nil
}

// below returns the part of a collection's tree below a category; "" is the root.
func (w *world) below(collection, parent, language string) []catalogCategory {
	all := []catalogCategory{}
	for _, k := range w.knowledge.categories.list {
		if k.collection != collection || k.parent != parent {
			continue
		}
		one := catalogCategory{k.id, k.in(language), w.below(collection, k.id, language), []catalogArticle{}}
		for _, a := range w.knowledge.articles.list {
			if i := a.index(language); a.parent == k.id && i >= 0 {
				one.Articles = append(one.Articles, catalogArticle{a.id, title{language, a.translations[i].draft.title}})
			}
		}
		all = append(all, one)
	}
	return all
}

type categoryWire struct {
	ID                string       `json:"id"`
	Title             title        `json:"title"`
	IsDefaultLocation bool         `json:"isDefaultLocation"`
	IsLocked          bool         `json:"isLocked"`
	Restrictions      restrictions `json:"restrictions"`
	ParentCategory    string       `json:"parentCategory,omitzero"`
	ParentCollections []string     `json:"parentCollections"`
}

func getCategory(c *call) (any, error) {
	k, err := c.knowledge.categories.get(c.ID("categoryId"))
	if err != nil {
		return nil, err
	}
	first := slices.Index(c.knowledge.categories.list, k) == 0
	return wire.Data{Data: categoryWire{k.id, k.in(c.language()), first, false, restrictions{false, []inheritedRestriction{}}, k.parent, []string{k.collection}}}, nil
}

func listCategoryTranslations(c *call) (any, error) {
	k, err := c.knowledge.categories.get(c.ID("categoryId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]any{"titles": k.titles}}, nil
}
