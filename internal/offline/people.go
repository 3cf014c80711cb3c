package offline

import "dixa-mcp/internal/offline/desk"

// userInfo returns a person with custom attributes, which only the reading of one end user has.
func userInfo(w *desk.World, u *desk.Person) desk.Person {
	p := *u
	p.CustomAttributes = wireValues(w, u.Attributes)
	return p
}
