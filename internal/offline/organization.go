package offline

import "dixa-mcp/internal/offline/wire"

var organizationRoutes = []route{
	{Pattern: "GET /v1/organization", Status: 200, Handle: getOrganization},
}

type organization struct{ id, name, subdomain string }

func (w *world) seedOrganization() {
	w.org = organization{w.uuid("organization", 0), "Havbris", "havbris"}
	w.seedEndpoints()
}

func getOrganization(c *call) (any, error) {
	return wire.Data{Data: map[string]string{"id": c.org.id, "name": c.org.name, "subdomain": c.org.subdomain, "status": "Active"}}, nil
}
