package settings

import (
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var organizationRoutes = []call.Route{
	{Pattern: "GET /v1/organization", Status: 200, Handle: getOrganization},
}

func getOrganization(c *call.Call) (any, error) {
	return wire.Data{Data: map[string]string{"id": c.Organization.ID, "name": c.Organization.Name, "subdomain": c.Organization.Subdomain, "status": "Active"}}, nil
}
