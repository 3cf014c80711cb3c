package tools

import (
	"context"
	"fmt"
	"slices"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// FindArticleIn says what an article is looked for by.
type FindArticleIn struct {
	Words    string `json:"words" check:"min=1"`
	Language string `json:"language,omitzero" jsonschema_description:"such as en"`
}

const (
	// mostArticles is how many articles are shown.
	mostArticles = 3
	// articleReads is how many articles' texts one call reads: each costs a request.
	articleReads = 40
	// articlesFor is how long what was read is kept.
	articlesFor = 10 * time.Minute
	// articlesSpare is what is left of a call's time for its answer.
	articlesSpare = 10 * time.Second
)

var findArticle = task("find_article", "searched the knowledge base",
	"Find help-centre articles by words, with the passage quoted.",
	[]*d.Spec{d.ListCollections.Spec, d.GetCatalog.Spec, d.ListArticleTranslations.Spec}, nil,
	func(ctx context.Context, r *Reads, in FindArticleIn) (Output, error) {
		terms := termsOf(in.Words)
		if len(terms) == 0 {
			return Output{}, problem("find_article", "words", fmt.Errorf("give at least one word"))
		}
		known := r.Articles
		if known == nil {
			known = new(Articles)
		}
		a := &articleReader{r, known}
		if !known.fresh(r.Now()) {
			list, refused, err := a.catalog(ctx)
			if err != nil {
				return Output{}, err
			}
			known.begin(list, r.Now())
			if refused {
				known.leave("some collections")
			}
		}
		if err := a.read(ctx, terms); err != nil {
			return Output{}, err
		}
		docs, read, all := known.docs(in.Language)
		for _, what := range known.leftOut() {
			r.leave(what, notGrantedFor)
		}
		if read < all {
			r.leave(fmt.Sprintf("the texts of %d of %d articles", all-read, all), "each takes a request: call again for more; their titles were searched")
		}
		part := view.Part{Name: "articles", List: true}
		part.Items = known.items(rank(docs, terms), terms, in.Language)
		if len(part.Items) == 0 {
			return Output{Parts: []view.Part{view.Sentence(NonePart, in.nothing(all))}}, nil
		}
		return Output{Parts: []view.Part{part}}, nil
	})

// nothing says why no article was found, and what to try.
func (in *FindArticleIn) nothing(all int) string {
	switch {
	case all == 0:
		return "No collection of the knowledge base has an article, or none that may be read, so do not try other words. Tell the user."
	case in.Language != "":
		return fmt.Sprintf("No article has any of these words in this language; %d articles were searched. Leave language out, or try other words.", all)
	}
	return fmt.Sprintf("No article has any of these words; %d articles were searched. Try other words, or those of the article's language.", all)
}

// articleReader reads the articles of the knowledge base.
type articleReader struct {
	reads *Reads
	known *Articles
}

// catalog lists all articles: Dixa has no operation for that, but the trees of the collections name them. refused tells whether
// a rule of the capability file refused any of them.
func (a *articleReader) catalog(ctx context.Context) (list []*article, refused bool, err error) {
	seen := map[d.UUID]bool{}
	for page, err := range d.ListCollections.Pages(ctx, a.reads.Client, d.Page{PageLimit: 50}) {
		if err != nil {
			return nil, false, err
		}
		for _, c := range page.Value {
			tree, err := d.GetCatalog.Do(ctx, a.reads.Client, d.GetCatalogIn{CollectionRef: d.CollectionRef{CollectionID: d.UUID(c.ID)}})
			if d.IsNotFound(err) { // it was deleted meanwhile
				continue
			}
			if notGranted(err) {
				refused = true
				continue
			}
			if err != nil {
				return nil, false, err
			}
			list = appendArticles(list, seen, c.Title, &tree.Value, 0)
		}
	}
	return list, refused, nil
}

// deepest is how far a tree is followed; Dixa's are a few categories deep.
const deepest = 32

func appendArticles(list []*article, seen map[d.UUID]bool, place string, c *d.Catalog, depth int) []*article {
	for _, a := range c.Articles {
		if id := d.UUID(a.ID); id.Check() == nil && !seen[id] {
			seen[id] = true
			list = append(list, &article{id: id, title: titleOf(a.Title), place: place})
		}
	}
	for i := range c.Categories {
		if depth < deepest {
			list = appendArticles(list, seen, place+" > "+titleOf(c.Categories[i].Title), &c.Categories[i].Catalog, depth+1)
		}
	}
	return list
}

func titleOf(t *d.TranslationTitle) string {
	if t == nil {
		return ""
	}
	return t.Title
}

// read reads the texts of articles that were not read yet, those first whose titles have the words, as many as the
// call's time and the agent's budget allow.
func (a *articleReader) read(ctx context.Context, terms []string) error {
	unread := a.known.unread(terms)
	unread = unread[:max(0, min(len(unread), articleReads, a.reads.Left()-1))]
	for i, id := range unread {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < articlesSpare {
			return nil
		}
		a.reads.tell("reading article %d of %d", i+1, len(unread))
		answer, err := d.ListArticleTranslations.Do(ctx, a.reads.Client, d.ArticleRef{ArticleID: id})
		if notGranted(err) {
			a.known.refuse(id)
			continue
		}
		if err != nil && !d.IsNotFound(err) {
			return err
		}
		a.known.add(id, versionsOf(&answer.Value))
	}
	return nil
}

// published is the state of an article's version that readers see.
const published = "published"

// versionsOf returns the texts of an article: what readers see, and drafts only of languages in which nothing is published.
func versionsOf(a *d.ArticleTranslations) []version {
	var list []version
	add := func(t *d.ArticleTranslation, state string) {
		text := view.Text(t.Contents.HTML)
		if text == "" {
			text = t.Contents.Plaintext
		}
		if !slices.ContainsFunc(list, func(v version) bool { return v.language == t.Language }) {
			list = append(list, version{language: t.Language, title: t.Title, text: text, state: state})
		}
	}
	for i := range a.Translations.Published {
		add(&a.Translations.Published[i], published)
	}
	for i := range a.Translations.Draft {
		add(&a.Translations.Draft[i], "draft, not published")
	}
	return list
}
