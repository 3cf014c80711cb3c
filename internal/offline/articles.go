package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

var articleRoutes = []route{
	{Pattern: "POST /v1/knowledge/articles", Status: 200, Handle: createArticle},
	{Pattern: "GET /v1/knowledge/articles/{articleId}", Status: 200, Query: "language", Handle: getArticle},
	{Pattern: "PATCH /v1/knowledge/articles/{articleId}", Status: 200, Handle: updateArticle},
	{Pattern: "DELETE /v1/knowledge/articles/{articleId}", Status: 204, Handle: deleteArticle},
	{Pattern: "PATCH /v1/knowledge/articles/{articleId}/parent/{parentId}", Status: 204, Handle: moveArticle},
	{Pattern: "DELETE /v1/knowledge/articles/{articleId}/parent", Status: 204, Handle: detachArticle},
}

// article is a page of the knowledge base, in one or more languages.
type article struct {
	id, parent                  string
	tags                        []string
	created, updated, indexed   time.Time
	createdBy, updatedBy, owner string
	preRelease                  bool
	translations                []*translation
}

// translation is an article in one language: what is being written, and what readers see.
type translation struct {
	language  string
	draft     version
	published *version
}

type version struct {
	title, html      string
	created, updated time.Time
	by               string
}

type articleWire struct {
	ID                string           `json:"id"`
	IsDefaultLocation bool             `json:"isDefaultLocation"`
	Translation       *translationPair `json:"translation,omitzero"`
	Tags              []string         `json:"tags"`
	CreatedAt         string           `json:"createdAt"`
	UpdatedAt         string           `json:"updatedAt"`
	IndexedAt         string           `json:"indexedAt,omitzero"`
	CreatedBy         string           `json:"createdBy,omitzero"`
	UpdatedBy         string           `json:"updatedBy,omitzero"`
	OwnedBy           string           `json:"ownedBy,omitzero"`
	Restrictions      restrictions     `json:"restrictions"`
	ParentCategory    string           `json:"parentCategory,omitzero"`
	ParentCollections []string         `json:"parentCollections"`
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

func (a *article) index(language string) int {
	return slices.IndexFunc(a.translations, func(t *translation) bool { return t.language == language })
}

func (t *translation) wire(w *world, v version, indexed bool, id string) versionWire {
	links := []helpCenterLink{}
	if indexed {
		links = append(links, helpCenterLink{w.uuid("help centre", 0), "Havbris Help", "https://help.example.com/" + t.language + "/" + id})
	}
	return versionWire{t.language, v.title, indexed, articleContent{v.html, plainText(content{v.html, "Html"})}, availableAt{links},
		wire.ZonedTime(v.created), wire.ZonedTime(v.updated), v.by, v.by}
}

func (t *translation) pair(w *world, id string) *translationPair {
	p := &translationPair{Draft: t.wire(w, t.draft, false, id)}
	if t.published != nil {
		v := t.wire(w, *t.published, true, id)
		p.Published = &v
	}
	return p
}

// wireArticle writes an article with its text in one language, where it has one in that.
func (w *world) wireArticle(a *article, language string) articleWire {
	v := articleWire{a.id, true, nil, a.tags, wire.ZonedTime(a.created), wire.ZonedTime(a.updated), wire.ZonedTime(a.indexed), a.createdBy, a.updatedBy, a.owner,
		restrictions{a.preRelease, []inheritedRestriction{}}, a.parent, []string{}}
	if i := a.index(language); i >= 0 {
		v.Translation = a.translations[i].pair(w, a.id)
	}
	if k := w.knowledge.categories.byID[a.parent]; k != nil {
		v.ParentCollections = []string{k.collection}
	}
	return v
}

// thisArticle returns the article in the path.
func (c *call) thisArticle() (*article, error) { return c.knowledge.articles.get(c.ID("articleId")) }

func getArticle(c *call) (any, error) {
	a, err := c.thisArticle()
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: c.wireArticle(a, c.language())}, nil
}

type translationIn struct {
	LanguageID string `wire:"languageId,required"`
	Title      string `wire:"title,required"`
	Content    string `wire:"content"`
}

func createArticle(c *call) (any, error) {
	in, err := decode[struct {
		Translations []translationIn `wire:"translations"`
		ParentID     string          `wire:"parentId"`
		Tags         []string        `wire:"tags"`
		PreRelease   bool            `wire:"preRelease"`
	}](c)
	if err != nil {
		return nil, err
	}
	if in.ParentID != "" {
		if _, err := c.knowledge.categories.get(lower(in.ParentID)); err != nil {
			return nil, err
		}
	}
	if err := c.knownTags(in.Tags); err != nil {
		return nil, err
	}
	a := &article{id: c.newID(), parent: lower(in.ParentID), tags: wire.List(lowered(in.Tags)), created: c.now, createdBy: c.owner(), owner: c.owner(),
		preRelease: in.PreRelease}
	language := defaultLanguage
	for i, t := range in.Translations {
		if problem := c.translate(a, t); problem != "" {
			return nil, wire.ErrBody.Because("translation %d: %s", i, problem)
		}
		language = in.Translations[0].LanguageID
	}
	c.changedArticle(a, "created")
	c.knowledge.articles.add(a.id, a)
	return wire.Data{Data: c.wireArticle(a, language)}, nil
}

func (w *world) knownTags(ids []string) error {
	for _, id := range ids {
		if !w.tags.has(lower(id)) {
			return wire.ErrBody.Because("there is no tag %s", id)
		}
	}
	return nil
}

// changedArticle notes who changed an article, and when.
func (c *call) changedArticle(a *article, how string) {
	a.updated, a.updatedBy = c.now, c.owner()
	c.did(a.id, "article "+how)
}

func updateArticle(c *call) (any, error) {
	a, err := c.thisArticle()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
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
	if in.OwnedBy != nil && !c.agents.has(lower(*in.OwnedBy)) {
		return nil, wire.ErrBody.Because("%s is not a Dixa agent", *in.OwnedBy)
	}
	if err := c.knownTags(in.Tags.Add); err != nil {
		return nil, err
	}
	if in.OwnedBy != nil {
		a.owner = lower(*in.OwnedBy)
	}
	set(&a.preRelease, in.PreRelease)
	a.tags = slices.DeleteFunc(a.tags, func(id string) bool { return wire.Among(in.Tags.Remove, id) })
	for _, id := range lowered(in.Tags.Add) {
		if !slices.Contains(a.tags, id) {
			a.tags = append(a.tags, id)
		}
	}
	c.changedArticle(a, "changed")
	return wire.Data{Data: c.wireArticle(a, defaultLanguage)}, nil
}

func deleteArticle(c *call) (any, error) {
	a, err := c.thisArticle()
	if err != nil {
		return nil, err
	}
	c.knowledge.articles.remove(a.id, func(o *article) bool { return o == a })
	c.did(a.id, "article deleted")
	return nil, nil
}

func moveArticle(c *call) (any, error) {
	a, err := c.thisArticle()
	if err != nil {
		return nil, err
	}
	k, err := c.knowledge.categories.get(c.ID("parentId"))
	if err != nil {
		return nil, err
	}
	a.parent = k.id
	c.changedArticle(a, "moved to "+k.id)
	return nil, nil
}

func detachArticle(c *call) (any, error) {
	a, err := c.thisArticle()
	if err != nil || a.parent == "" {
		return nil, err
	}
	a.parent = ""
	c.changedArticle(a, "taken out of its category")
	return nil, nil
}
