package settings

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var templateRoutes = []call.Route{
	{Pattern: "GET /v1/templates", Status: 200, Query: "type " + request.Paging, Handle: listTemplates},
	{Pattern: "DELETE /v1/templates/{templateId}", Status: 204, Handle: deleteTemplate},
}

func listTemplates(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	kind := c.Query.Get("type")
	if c.Query.Has("type") && kind != "EmailAutoReply" && kind != "QuickResponse" {
		return nil, wire.ErrParam.Because("query parameter type is neither EmailAutoReply nor QuickResponse")
	}
	found := slices.DeleteFunc(slices.Clone(c.Templates.List), func(t *desk.Template) bool { return kind != "" && t.Type != kind })
	return request.Paged(c.Request, p, wire.List(found)), nil
}

func deleteTemplate(c *call.Call) (any, error) {
	t, err := c.Templates.Get(c.ID("templateId"))
	if err != nil {
		return nil, err
	}
	c.Templates.Remove(t.ID, func(o *desk.Template) bool { return o == t })
	c.Did(t.ID, "template "+t.Name+" deleted")
	return nil, nil
}
