package settings

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var contactRoutes = []call.Route{
	{Pattern: "GET /v1/contact-endpoints", Status: 200, Query: "_type", Handle: listContactEndpoints},
	{Pattern: "GET /v1/contact-endpoints/{contactEndpointId}", Status: 200, Handle: getContactEndpoint, Plain: []string{"contactEndpointId"}},
}

func listContactEndpoints(c *call.Call) (any, error) {
	kind := c.Query.Get("_type")
	if kind != "" && kind != "EmailEndpoint" && kind != "TelephonyEndpoint" {
		return nil, wire.ErrParam.Because("query parameter _type is neither EmailEndpoint nor TelephonyEndpoint")
	}
	found := []desk.Endpoint{}
	for _, e := range c.Endpoints {
		if kind == "" || e.Type == kind {
			found = append(found, e)
		}
	}
	return wire.Data{Data: found}, nil
}

func getContactEndpoint(c *call.Call) (any, error) {
	e, ok := c.EndpointNamed(c.Vars["contactEndpointId"])
	if !ok {
		return nil, wire.ErrNotFound.Because("there is no contact endpoint %q", c.Vars["contactEndpointId"])
	}
	return wire.Data{Data: e}, nil
}
