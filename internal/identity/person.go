package identity

import "dixa-mcp/internal/capability"

// Person is who signed in, as the OpenID provider says.
type Person = capability.Person
