// Package knowledge carries out the operations on the knowledge base: collections, categories, and articles with their translations.
package knowledge

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(knowledgeRoutes, articleRoutes, articleWriteRoutes)
