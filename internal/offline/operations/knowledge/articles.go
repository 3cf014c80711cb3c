package knowledge

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var articleRoutes = []call.Route{
	{Pattern: "POST /v1/knowledge/articles", Status: 200, Handle: createArticle},
	{Pattern: "GET /v1/knowledge/articles/{articleId}", Status: 200, Query: "language", Handle: getArticle},
	{Pattern: "PATCH /v1/knowledge/articles/{articleId}", Status: 200, Handle: updateArticle},
	{Pattern: "DELETE /v1/knowledge/articles/{articleId}", Status: 204, Handle: deleteArticle},
	{Pattern: "PATCH /v1/knowledge/articles/{articleId}/parent/{parentId}", Status: 204, Handle: moveArticle},
	{Pattern: "DELETE /v1/knowledge/articles/{articleId}/parent", Status: 204, Handle: detachArticle},
}

type articleWire struct {
	ID                string            `json:"id"`
	IsDefaultLocation bool              `json:"isDefaultLocation"`
	Translation       *translationPair  `json:"translation,omitzero"`
	Tags              []string          `json:"tags"`
	CreatedAt         string            `json:"createdAt"`
	UpdatedAt         string            `json:"updatedAt"`
	IndexedAt         string            `json:"indexedAt,omitzero"`
	CreatedBy         string            `json:"createdBy,omitzero"`
	UpdatedBy         string            `json:"updatedBy,omitzero"`
	OwnedBy           string            `json:"ownedBy,omitzero"`
	Restrictions      desk.Restrictions `json:"restrictions"`
	ParentCategory    string            `json:"parentCategory,omitzero"`
	ParentCollections []string          `json:"parentCollections"`
}

type translationPair struct {
	Draft     versionWire  `json:"draft"`
	Published *versionWire `json:"published,omitzero"`
}

type versionWire struct {
	Language         string         `json:"language"`
	Title            string         `json:"title"`
	IsIndexedVersion bool           `json:"isIndexedVersion"`
	Contents         articleContent `json:"contents"`
	AvailableAt      availableAt    `json:"availableAt"`
	CreatedAt        string         `json:"createdAt"`
	UpdatedAt        string         `json:"updatedAt"`
	CreatedBy        string         `json:"createdBy,omitzero"`
	UpdatedBy        string         `json:"updatedBy,omitzero"`
}

type articleContent struct {
	HTML      string `json:"html"`
	Plaintext string `json:"plaintext"`
}

type availableAt struct {
	HelpCenterLinks []helpCenterLink `json:"helpCenterLinks"`
}

type helpCenterLink struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

func wireVersion(w *desk.World, t *desk.Translation, v desk.ArticleVersion, indexed bool, id string) versionWire {
	links := []helpCenterLink{}
	if indexed {
		links = append(links, helpCenterLink{w.UUID("help centre", 0), "Havbris Help", "https://help.example.com/" + t.Language + "/" + id})
	}
	return versionWire{t.Language, v.Title, indexed, articleContent{v.HTML, desk.PlainText(desk.Content{Value: v.HTML, Type: "Html"})}, availableAt{links},
		wire.ZonedTime(v.Created), wire.ZonedTime(v.Updated), v.By, v.By}
}

func wireTranslation(w *desk.World, t *desk.Translation, id string) *translationPair {
	p := &translationPair{Draft: wireVersion(w, t, t.Draft, false, id)}
	if t.Published != nil {
		v := wireVersion(w, t, *t.Published, true, id)
		p.Published = &v
	}
	return p
}

// wireArticle writes an article with its text in one language, where it has one in that.
func wireArticle(w *desk.World, a *desk.Article, language string) articleWire {
	v := articleWire{a.ID, true, nil, a.Tags, wire.ZonedTime(a.Created), wire.ZonedTime(a.Updated), wire.ZonedTime(a.Indexed), a.CreatedBy, a.UpdatedBy, a.Owner,
		desk.Restrictions{IsRestricted: a.PreRelease, InheritedRestrictions: []desk.InheritedRestriction{}}, a.Parent, []string{}}
	if i := a.Index(language); i >= 0 {
		v.Translation = wireTranslation(w, a.Translations[i], a.ID)
	}
	if k := w.Knowledge.Categories.ByID[a.Parent]; k != nil {
		v.ParentCollections = []string{k.Collection}
	}
	return v
}

// thisArticle returns the article in the path.
func thisArticle(c *call.Call) (*desk.Article, error) {
	return c.Knowledge.Articles.Get(c.ID("articleId"))
}

func getArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireArticle(c.World, a, languageOf(c))}, nil
}

type translationIn struct {
	LanguageID string `wire:"languageId,required"`
	Title      string `wire:"title,required"`
	Content    string `wire:"content"`
}

func createArticle(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Translations []translationIn `wire:"translations"`
		ParentID     string          `wire:"parentId"`
		Tags         []string        `wire:"tags"`
		PreRelease   bool            `wire:"preRelease"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.ParentID != "" {
		if _, err := c.Knowledge.Categories.Get(strings.ToLower(in.ParentID)); err != nil {
			return nil, err
		}
	}
	if err := knownTags(c.World, in.Tags); err != nil {
		return nil, err
	}
	a := &desk.Article{ID: c.NewID(), Parent: strings.ToLower(in.ParentID), Tags: wire.List(call.Lowered(in.Tags)), Created: c.Now, CreatedBy: c.Owner(), Owner: c.Owner(),
		PreRelease: in.PreRelease}
	language := desk.DefaultLanguage
	for i, t := range in.Translations {
		if problem := translate(c, a, t); problem != "" {
			return nil, wire.ErrBody.Because("translation %d: %s", i, problem)
		}
		language = in.Translations[0].LanguageID
	}
	changedArticle(c, a, "created")
	c.Knowledge.Articles.Add(a.ID, a)
	return wire.Data{Data: wireArticle(c.World, a, language)}, nil
}

func knownTags(w *desk.World, ids []string) error {
	for _, id := range ids {
		if !w.Tags.Has(strings.ToLower(id)) {
			return wire.ErrBody.Because("there is no tag %s", id)
		}
	}
	return nil
}

// changedArticle notes who changed an article, and when.
func changedArticle(c *call.Call, a *desk.Article, how string) {
	a.Updated, a.UpdatedBy = c.Now, c.Owner()
	c.Did(a.ID, "article "+how)
}

func updateArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		OwnedBy *string `wire:"ownedBy"`
		Tags    struct {
			Add    []string `wire:"add"`
			Remove []string `wire:"remove"`
		} `wire:"tags"`
		PreRelease *bool `wire:"preRelease"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.OwnedBy != nil && !c.Agents.Has(strings.ToLower(*in.OwnedBy)) {
		return nil, wire.ErrBody.Because("%s is not a Dixa agent", *in.OwnedBy)
	}
	if err := knownTags(c.World, in.Tags.Add); err != nil {
		return nil, err
	}
	if in.OwnedBy != nil {
		a.Owner = strings.ToLower(*in.OwnedBy)
	}
	call.Set(&a.PreRelease, in.PreRelease)
	a.Tags = slices.DeleteFunc(a.Tags, func(id string) bool { return wire.Among(in.Tags.Remove, id) })
	for _, id := range call.Lowered(in.Tags.Add) {
		if !slices.Contains(a.Tags, id) {
			a.Tags = append(a.Tags, id)
		}
	}
	changedArticle(c, a, "changed")
	return wire.Data{Data: wireArticle(c.World, a, desk.DefaultLanguage)}, nil
}

func deleteArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	c.Knowledge.Articles.Remove(a.ID, func(o *desk.Article) bool { return o == a })
	c.Did(a.ID, "article deleted")
	return nil, nil
}

func moveArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil {
		return nil, err
	}
	k, err := c.Knowledge.Categories.Get(c.ID("parentId"))
	if err != nil {
		return nil, err
	}
	a.Parent = k.ID
	changedArticle(c, a, "moved to "+k.ID)
	return nil, nil
}

func detachArticle(c *call.Call) (any, error) {
	a, err := thisArticle(c)
	if err != nil || a.Parent == "" {
		return nil, err
	}
	a.Parent = ""
	changedArticle(c, a, "taken out of its category")
	return nil, nil
}
