package dixaclient

// CollectionRef names a collection, the root of a tree of categories.
type CollectionRef struct {
	CollectionID UUID `json:"collectionId" in:"path"`
}

// CategoryRef names a category.
type CategoryRef struct {
	CategoryID UUID `json:"categoryId" in:"path"`
}

// InLanguage says in which language titles and texts come.
type InLanguage struct {
	Language string `json:"language,omitzero" in:"query"`
}

// Collection is a collection of articles.
type Collection struct {
	ID                Name   `json:"id"`
	Title             string `json:"title"`
	Description       string `json:"description"`
	InternalKBEnabled bool   `json:"internalKbEnabled"`
}

// Catalog is a collection's tree.
type Catalog struct {
	Categories []CatalogCategory `json:"categories"`
	Articles   []CatalogArticle  `json:"articles"`
}

// CatalogCategory is a branch of the tree.
type CatalogCategory struct {
	ID    Name              `json:"id"`
	Title *TranslationTitle `json:"title"`
	Catalog
}

// CatalogArticle is a leaf of the tree.
type CatalogArticle struct {
	ID    Name              `json:"id"`
	Title *TranslationTitle `json:"title"`
}

// TranslationTitle is a title in one language.
type TranslationTitle struct {
	LanguageID string `json:"languageId"`
	Title      string `json:"title"`
}

// Category is a place for articles.
type Category struct {
	ID                Name              `json:"id"`
	Title             *TranslationTitle `json:"title"`
	IsLocked          bool              `json:"isLocked"`
	ParentCategory    Name              `json:"parentCategory"`
	ParentCollections []Name            `json:"parentCollections"`
}

// CategoryTranslations are a category's titles in all its languages.
type CategoryTranslations struct {
	Titles []TranslationTitle `json:"titles"`
}

// GetCatalogIn names a collection and a language.
type GetCatalogIn struct {
	CollectionRef
	InLanguage
}

// GetCategoryIn names a category and a language.
type GetCategoryIn struct {
	CategoryRef
	InLanguage
}

// The operations on where articles are. Dixa has none that lists categories or articles but the catalog, and none that
// creates a category. Source: Dixa API v1, "Knowledge".
var (
	ListCollections          = op[Page, []Collection]("list_collections", "GET /v1/knowledge/collections", Read, shared, paged)
	GetCollection            = op[CollectionRef, Collection]("get_collection", "GET /v1/knowledge/collections/{collectionId}", Read, shared)
	GetCatalog               = op[GetCatalogIn, Catalog]("get_catalog", "GET /v1/knowledge/collections/{collectionId}/catalog", Read, shared)
	GetCategory              = op[GetCategoryIn, Category]("get_category", "GET /v1/knowledge/categories/{categoryId}", Read, shared)
	ListCategoryTranslations = op[CategoryRef, CategoryTranslations]("list_category_translations", "GET /v1/knowledge/categories/{categoryId}/translations", Read, shared)
)
