// Package webhooks carries out the operations on subscriptions to webhooks and on what was delivered to them.
package webhooks

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(webhookRoutes)
