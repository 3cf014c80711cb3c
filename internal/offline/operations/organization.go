package operations

import "dixa-mcp/internal/offline/wire"

var organizationRoutes = []route{
	{Pattern: "GET /v1/organization", Status: 200, Handle: getOrganization},
}

func getOrganization(c *call) (any, error) {
	return wire.Data{Data: map[string]string{"id": c.Organization.ID, "name": c.Organization.Name, "subdomain": c.Organization.Subdomain, "status": "Active"}}, nil
}
