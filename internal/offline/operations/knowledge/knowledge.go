package knowledge

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var knowledgeRoutes = []call.Route{
	{Pattern: "GET /v1/knowledge/collections", Status: 200, Query: request.Paging, Handle: listCollections},
	{Pattern: "GET /v1/knowledge/collections/{collectionId}", Status: 200, Handle: getCollection},
	{Pattern: "GET /v1/knowledge/collections/{collectionId}/catalog", Status: 200, Query: "language", Handle: getCatalog},
	{Pattern: "GET /v1/knowledge/categories/{categoryId}", Status: 200, Query: "language", Handle: getCategory},
	{Pattern: "GET /v1/knowledge/categories/{categoryId}/translations", Status: 200, Handle: listCategoryTranslations},
}

func listCollections(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	d := request.Paged(c.Request, p, c.Knowledge.Collections.List)
	d.Meta = nil // it takes a pageKey, but its answer has no place for one
	return d, nil
}

func getCollection(c *call.Call) (any, error) {
	k, err := c.Knowledge.Collections.Get(c.ID("collectionId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: k}, nil
}

// languageOf returns the query parameter of that name, or the default language.
func languageOf(c *call.Call) string {
	if l := c.Query.Get("language"); l != "" {
		return l
	}
	return desk.DefaultLanguage
}

type catalogCategory struct {
	ID         string            `json:"id"`
	Title      desk.Title        `json:"title"`
	Categories []catalogCategory `json:"categories"`
	Articles   []catalogArticle  `json:"articles"`
}

type catalogArticle struct {
	ID    string     `json:"id"`
	Title desk.Title `json:"title"`
}

func getCatalog(c *call.Call) (any, error) {
	k, err := c.Knowledge.Collections.Get(c.ID("collectionId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]any{"categories": below(c.World, k.ID, "", languageOf(c)), "articles": []catalogArticle{}}}, nil
}

// below returns the part of a collection's tree below a category; "" is the root.
func below(w *desk.World, collection, parent, language string) []catalogCategory {
	all := []catalogCategory{}
	for _, k := range w.Knowledge.Categories.List {
		if k.Collection != collection || k.Parent != parent {
			continue
		}
		one := catalogCategory{k.ID, k.In(language), below(w, collection, k.ID, language), []catalogArticle{}}
		for _, a := range w.Knowledge.Articles.List {
			if i := a.Index(language); a.Parent == k.ID && i >= 0 {
				one.Articles = append(one.Articles, catalogArticle{a.ID, desk.Title{LanguageID: language, Title: a.Translations[i].Draft.Title}})
			}
		}
		all = append(all, one)
	}
	return all
}

type categoryWire struct {
	ID                string            `json:"id"`
	Title             desk.Title        `json:"title"`
	IsDefaultLocation bool              `json:"isDefaultLocation"`
	IsLocked          bool              `json:"isLocked"`
	Restrictions      desk.Restrictions `json:"restrictions"`
	ParentCategory    string            `json:"parentCategory,omitzero"`
	ParentCollections []string          `json:"parentCollections"`
}

func getCategory(c *call.Call) (any, error) {
	k, err := c.Knowledge.Categories.Get(c.ID("categoryId"))
	if err != nil {
		return nil, err
	}
	first := slices.Index(c.Knowledge.Categories.List, k) == 0
	none := desk.Restrictions{InheritedRestrictions: []desk.InheritedRestriction{}}
	return wire.Data{Data: categoryWire{k.ID, k.In(languageOf(c)), first, false, none, k.Parent, []string{k.Collection}}}, nil
}

func listCategoryTranslations(c *call.Call) (any, error) {
	k, err := c.Knowledge.Categories.Get(c.ID("categoryId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]any{"titles": k.Titles}}, nil
}
