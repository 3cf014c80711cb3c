// Package teams carries out the operations on teams and queues, and on who of them is at work.
package teams

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(teamRoutes, presenceRoutes, queueRoutes, queueMemberRoutes)
