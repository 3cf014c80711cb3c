package dixaclient

// ArticleRef names an article.
type ArticleRef struct {
	ArticleID UUID `json:"articleId" in:"path"`
}

// ArticleTranslationRef names an article in one language.
type ArticleTranslationRef struct {
	ArticleRef
	LanguageID Name `json:"languageId" in:"path" jsonschema_description:"such as en"`
}

// Article is a page of the knowledge base, in the language that was asked for.
type Article struct {
	ID          Name `json:"id"`
	Translation *struct {
		Draft     ArticleTranslation  `json:"draft"`
		Published *ArticleTranslation `json:"published"`
	} `json:"translation"`
	Tags              []Name `json:"tags"`
	OwnedBy           Name   `json:"ownedBy"`
	CreatedAt         Time   `json:"createdAt"`
	UpdatedAt         Time   `json:"updatedAt"`
	IndexedAt         Time   `json:"indexedAt"`
	ParentCategory    Name   `json:"parentCategory"`
	ParentCollections []Name `json:"parentCollections"`
}

// ArticleTranslation is one version of an article in one language.
type ArticleTranslation struct {
	Language         string `json:"language"`
	Title            string `json:"title"`
	IsIndexedVersion bool   `json:"isIndexedVersion"`
	Contents         struct {
		HTML      string `json:"html"`
		Plaintext string `json:"plaintext"`
	} `json:"contents"`
	CreatedAt Time `json:"createdAt"`
	UpdatedAt Time `json:"updatedAt"`
}

// ArticleTranslations are an article's versions in all its languages.
type ArticleTranslations struct {
	Translations struct {
		Draft     []ArticleTranslation `json:"draft"`
		Published []ArticleTranslation `json:"published"`
	} `json:"translations"`
}

// PartialOutcome is the answer of an operation that can succeed in part. It takes the whole answer, since the errors
// are next to the data.
type PartialOutcome[T any] struct {
	Data          []T            `json:"data"`
	PartialErrors []PartialError `json:"partialErrors"`
}

// PartialError is what failed, a language or a file, and why.
type PartialError struct {
	LanguageID       string `json:"languageId"`
	OriginalFilename string `json:"originalFilename"`
	Message          string `json:"message"`
	Code             int    `json:"code"` // of a file: 400 its own fault, 500 Dixa's
}

// GetArticleIn names an article and a language.
type GetArticleIn struct {
	ArticleRef
	InLanguage
}

// TranslationInput is an article's text in one language.
type TranslationInput struct {
	LanguageID string  `json:"languageId" jsonschema_description:"such as en"`
	Title      string  `json:"title"`
	Content    *string `json:"content,omitzero" jsonschema_description:"HTML"`
}

// CreateArticleIn is a new article. It is a draft until it is published.
type CreateArticleIn struct {
	Translations []TranslationInput `json:"translations,omitzero" check:"min=1,max=100"`
	ParentID     Name               `json:"parentId,omitzero" jsonschema_description:"category"`
	Tags         []Name             `json:"tags,omitzero" jsonschema_description:"tag ids"`
	PreRelease   *bool              `json:"preRelease,omitzero"`
}

// UpdateArticleIn changes what surrounds an article's text.
type UpdateArticleIn struct {
	ArticleRef
	OwnedBy    Name   `json:"ownedBy,omitzero" jsonschema_description:"user id"`
	AddTags    []Name `json:"addTags,omitzero" jsonschema_description:"tag ids"`
	RemoveTags []Name `json:"removeTags,omitzero" jsonschema_description:"tag ids"`
	PreRelease *bool  `json:"preRelease,omitzero"`
}

// Body returns Dixa's form of the change.
func (in UpdateArticleIn) Body() (any, error) {
	type tags struct {
		Add    []Name `json:"add,omitzero"`
		Remove []Name `json:"remove,omitzero"`
	}
	b := struct {
		OwnedBy    Name  `json:"ownedBy,omitzero"`
		Tags       *tags `json:"tags,omitzero"`
		PreRelease *bool `json:"preRelease,omitzero"`
	}{in.OwnedBy, nil, in.PreRelease}
	if in.AddTags != nil || in.RemoveTags != nil {
		b.Tags = &tags{in.AddTags, in.RemoveTags}
	}
	return b, nil
}

// UpdateArticleTranslationsIn creates or replaces the drafts of an article's languages.
type UpdateArticleTranslationsIn struct {
	ArticleRef
	Translations []TranslationInput `json:"translations" check:"min=1,max=100"`
}

// MoveArticleIn names an article and the category that it goes to.
type MoveArticleIn struct {
	ArticleRef
	ParentID UUID `json:"parentId" in:"path" jsonschema_description:"category"`
}

// The operations on articles. Source: Dixa API v1, "Knowledge".
var (
	GetArticle                  = op[GetArticleIn, Article]("get_article", "GET /v1/knowledge/articles/{articleId}", Read, shared)
	ListArticleTranslations     = op[ArticleRef, ArticleTranslations]("list_article_translations", "GET /v1/knowledge/articles/{articleId}/translations", Read, shared)
	CreateArticle               = op[CreateArticleIn, Article]("create_article", "POST /v1/knowledge/articles", Write, lookWith("get_catalog"))
	UpdateArticle               = op[UpdateArticleIn, Article]("update_article", "PATCH /v1/knowledge/articles/{articleId}", Write, lookWith("get_article"))
	UpdateArticleTranslations   = op[UpdateArticleTranslationsIn, PartialOutcome[ArticleTranslation]]("update_article_translations", "PATCH /v1/knowledge/articles/{articleId}/translations", Write, bare, lookWith("list_article_translations"))
	PublishArticle              = op[ArticleRef, None]("publish_article", "POST /v1/knowledge/articles/{articleId}/publish", Send, lookWith("list_article_translations"))
	UnpublishArticle            = op[ArticleRef, None]("unpublish_article", "POST /v1/knowledge/articles/{articleId}/unpublish", Write, idempotent, lookWith("list_article_translations"))
	PublishArticleTranslation   = op[ArticleTranslationRef, None]("publish_article_translation", "POST /v1/knowledge/articles/{articleId}/translations/{languageId}/publish", Send, lookWith("list_article_translations"))
	UnpublishArticleTranslation = op[ArticleTranslationRef, None]("unpublish_article_translation", "POST /v1/knowledge/articles/{articleId}/translations/{languageId}/unpublish", Write, idempotent, lookWith("list_article_translations"))
	MoveArticle                 = op[MoveArticleIn, None]("move_article", "PATCH /v1/knowledge/articles/{articleId}/parent/{parentId}", Write, lookWith("get_article"))
	DetachArticle               = op[ArticleRef, None]("detach_article", "DELETE /v1/knowledge/articles/{articleId}/parent", Write, lookWith("get_article"))
	DeleteArticle               = op[ArticleRef, None]("delete_article", "DELETE /v1/knowledge/articles/{articleId}", Erase, lookWith("get_article"))
	DeleteArticleTranslation    = op[ArticleTranslationRef, None]("delete_article_translation", "DELETE /v1/knowledge/articles/{articleId}/translations/{languageId}", Erase, lookWith("list_article_translations"))
)
