package offline

var organizationRoutes = []route{
	{pattern: "GET /v1/organization", status: 200, handle: getOrganization},
}

type organization struct{ id, name, subdomain string }

func (w *world) seedOrganization() {
	w.org = organization{w.uuid("organization", 0), "Havbris", "havbris"}
	w.seedEndpoints()
}

func getOrganization(c *call) (any, error) {
	return data{Data: map[string]string{"id": c.org.id, "name": c.org.name, "subdomain": c.org.subdomain, "status": "Active"}}, nil
}
