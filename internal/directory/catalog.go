package directory

import (
	"context"
	"iter"

	d "dixa-mcp/dixaclient"
)

// catalog lists the articles and categories of all collections. No operation of Dixa's does: it takes a request for the
// collections, and one for each. The collection of the request stands for any.
var catalog = List{
	Request: Request{d.GetCatalog.Spec, &d.GetCatalogIn{CollectionRef: d.CollectionRef{CollectionID: "00000000-0000-0000-0000-000000000000"}}},
	Also:    []Request{{d.ListCollections.Spec, &firstPage}},
	key:     key(d.GetCatalog.Spec, ""),
	read:    readCatalogs,
}

func readCatalogs(ctx context.Context, c *d.Client) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
		for page, err := range d.ListCollections.Pages(ctx, c, firstPage) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, one := range page.Value {
				tree, err := d.GetCatalog.Do(ctx, c, d.GetCatalogIn{CollectionRef: d.CollectionRef{CollectionID: d.UUID(one.ID)}})
				if d.IsNotFound(err) { // it was deleted meanwhile
					continue
				}
				if !yield(inTree(nil, &tree.Value, 0), err) || err != nil {
					return
				}
			}
		}
	}
}

// deepest is how far a tree is followed; Dixa's are a few categories deep.
const deepest = 32

func inTree(list []Entry, c *d.Catalog, depth int) []Entry {
	for _, a := range c.Articles {
		list = append(list, titled(d.ArticleThing, a.ID, a.Title))
	}
	for i := range c.Categories {
		branch := &c.Categories[i]
		list = append(list, titled(d.CategoryThing, branch.ID, branch.Title))
		if depth < deepest {
			list = inTree(list, &branch.Catalog, depth+1)
		}
	}
	return list
}

func titled(t d.Thing, id d.Name, title *d.TranslationTitle) Entry {
	e := Entry{ID: string(id), Thing: t}
	if title != nil {
		e.Names = []string{title.Title}
	}
	return e
}
