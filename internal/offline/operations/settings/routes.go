// Package settings carries out the operations on what an organization has set up: contact endpoints, flows, business hours and templates.
package settings

import "slices"

// Routes are the operations of this package.
var Routes = slices.Concat(contactRoutes, flowRoutes, hoursRoutes, organizationRoutes, templateRoutes)
