// Package conversations carries out the operations on single conversations: their state, messages, notes, tags, ratings, custom
// attributes, activity and anonymization.
//
// What changes a conversation detaches it from the seed, changes it, touches it, and notes it three times: in the activity log of the
// conversation, as an event for webhooks, and as an effect.
package conversations

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(activityRoutes, anonymizationRoutes, attributeRoutes, conversationRoutes, importRoutes, lifecycleRoutes, messageRoutes,
	noteRoutes, ratingRoutes, tagRoutes)
