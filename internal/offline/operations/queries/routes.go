// Package queries carries out the operations that look through all conversations: search, analytics and exports.
package queries

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(searchRoutes, analyticsRoutes, exportRoutes)
