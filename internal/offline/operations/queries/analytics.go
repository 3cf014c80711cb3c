package queries

import (
	"dixa-mcp/internal/offline/analytics"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var analyticsRoutes = []call.Route{
	{Pattern: "GET /v1/analytics/metrics", Status: 200, Query: request.Paging, Handle: listMetrics},
	{Pattern: "POST /v1/analytics/metrics", Status: 200, Handle: queryMetric},
	{Pattern: "GET /v1/analytics/metrics/{metricId}", Status: 200, Handle: getMetric, Plain: []string{"metricId"}},
	{Pattern: "GET /v1/analytics/records", Status: 200, Query: request.Paging, Handle: listRecords},
	{Pattern: "POST /v1/analytics/records", Status: 200, Query: request.Paging, Handle: queryRecords},
	{Pattern: "GET /v1/analytics/records/{recordId}", Status: 200, Handle: getRecord, Plain: []string{"recordId"}},
	{Pattern: "GET /v1/analytics/filter/{filterAttribute}", Status: 200, Query: request.Paging, Handle: listFilterValues, Plain: []string{"filterAttribute"}},
}

// largestRecordPage is what Dixa's own clients stay within.
const largestRecordPage = 300

func listMetrics(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	return request.Paged(c.Request, p, analytics.Metrics()), nil
}

func getMetric(c *call.Call) (any, error) {
	m, err := analytics.MetricNamed(c.Vars["metricId"])
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: m}, nil
}

func queryMetric(c *call.Call) (any, error) {
	in, err := call.Decode[analytics.MetricQuestion](c)
	if err != nil {
		return nil, err
	}
	figures, err := analytics.Figures(c.World, c.Now, in)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: figures}, nil
}

func listRecords(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	return request.Paged(c.Request, p, analytics.RecordTypes()), nil
}

func getRecord(c *call.Call) (any, error) {
	r, err := analytics.RecordTypeNamed(c.Vars["recordId"])
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: r}, nil
}

func queryRecords(c *call.Call) (any, error) {
	p, err := c.Page(largestRecordPage)
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[analytics.Question](c)
	if err != nil {
		return nil, err
	}
	all, err := analytics.Records(c.World, c.Now, in)
	if err != nil {
		return nil, err
	}
	return request.Paged(c.Request, p, all), nil
}

func listFilterValues(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	values, err := analytics.FilterValues(c.World, c.Vars["filterAttribute"])
	if err != nil {
		return nil, err
	}
	return request.Paged(c.Request, p, values), nil
}
