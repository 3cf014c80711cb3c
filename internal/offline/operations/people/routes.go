// Package people carries out the operations on Dixa agents and end users.
package people

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(agentRoutes, userRoutes)
