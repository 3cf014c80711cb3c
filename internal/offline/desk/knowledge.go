package desk

import (
	"slices"
	"time"
)

// KnowledgeBase is the knowledge base: collections of categories, which hold categories and articles.
type KnowledgeBase struct {
	Collections Register[*Collection]
	Categories  Register[*Category]
	Articles    Register[*Article]
}

// Collection is a part of the knowledge base, such as the help center.
type Collection struct {
	ID                string       `json:"id"`
	Title             string       `json:"title"`
	Description       string       `json:"description,omitzero"`
	InternalKbEnabled bool         `json:"internalKbEnabled"`
	Restrictions      Restrictions `json:"restrictions"`
}

// Restrictions says who may not read something.
type Restrictions struct {
	IsRestricted          bool                   `json:"isRestricted"`
	InheritedRestrictions []InheritedRestriction `json:"inheritedRestrictions"`
}

// InheritedRestriction is a restriction of the collection above.
type InheritedRestriction struct {
	FromCollection string `json:"fromCollection,omitzero"`
}

// Category holds articles and categories.
type Category struct {
	ID, Parent, Collection string
	Titles                 []Title
}

// Title is a title in one language.
type Title struct {
	LanguageID string `json:"languageId"`
	Title      string `json:"title"`
}

const DefaultLanguage = "en"

// In returns the title in a language, in the default one where there is none.
func (k *Category) In(language string) Title {
	for _, t := range k.Titles {
		if t.LanguageID == language {
			return t
		}
	}
	return k.Titles[0]
}

// Article is a page of the knowledge base, in one or more languages.
type Article struct {
	ID, Parent                  string
	Tags                        []string
	Created, Updated, Indexed   time.Time
	CreatedBy, UpdatedBy, Owner string
	PreRelease                  bool
	Translations                []*Translation
}

// Translation is an article in one language: what is being written, and what readers see.
type Translation struct {
	Language  string
	Draft     ArticleVersion
	Published *ArticleVersion
}

// ArticleVersion is the text of a translation at one time.
type ArticleVersion struct {
	Title, HTML      string
	Created, Updated time.Time
	By               string
}

// Index returns the place of the translation in a language, below 0 where there is none.
func (a *Article) Index(language string) int {
	return slices.IndexFunc(a.Translations, func(t *Translation) bool { return t.Language == language })
}
