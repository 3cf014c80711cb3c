package dixaclient

// Organization is the organization that the token belongs to; Status is Active or Suspended.
type Organization struct {
	ID        Name   `json:"id"`
	Name      string `json:"name"`
	Subdomain string `json:"subdomain"`
	Status    string `json:"status"`
}

// GetOrganization tells whose token it is. Source: Dixa API v1, "Organization".
var GetOrganization = op[NoArguments, Organization]("get_organization", "GET /v1/organization", Read, shared)
