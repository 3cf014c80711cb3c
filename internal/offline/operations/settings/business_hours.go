package settings

import (
	"strconv"
	"time"

	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var hoursRoutes = []call.Route{
	{Pattern: "GET /v1/business-hours/schedules", Status: 200, Handle: listSchedules},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/definition", Status: 200, Handle: getSchedule},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/upcoming", Status: 200, Query: "days", Handle: listUpcoming},
	{Pattern: "GET /v1/business-hours/schedules/{scheduleId}/status", Status: 200, Query: "timestamp", Handle: getScheduleStatus,
		Plain: []string{"scheduleId"}},
}

// hourTime formats the times of a schedule's status: nanoseconds, and the name of the zone at the end.
func hourTime(t time.Time) string {
	return wire.FormatTime(t, "2006-01-02T15:04:05.000000000Z[Etc/UTC]")
}

func listSchedules(c *call.Call) (any, error) {
	all := []map[string]string{}
	for _, s := range c.Schedules.List {
		all = append(all, map[string]string{"name": s.Name, "id": s.ID})
	}
	return wire.Data{Data: map[string]any{"schedules": all}}, nil
}

type scheduleWire struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Timezone      string      `json:"timezone"`
	BusinessHours []hours.Day `json:"businessHours"`
	Exceptions    []hours.Day `json:"exceptions,omitzero"`
}

func getSchedule(c *call.Call) (any, error) {
	s, err := c.Schedules.Get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	v := scheduleWire{s.ID, s.Name, s.Zone.String(), nil, s.Exceptions}
	for n := 1; n <= 7; n++ {
		v.BusinessHours = append(v.BusinessHours, s.Weekday(n))
	}
	return wire.Data{Data: map[string]any{"schedule": v}}, nil
}

func listUpcoming(c *call.Call) (any, error) {
	s, err := c.Schedules.Get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	days := 7
	if v := c.Query.Get("days"); v != "" {
		if days, err = strconv.Atoi(v); err != nil || days < 1 || days > 90 {
			return nil, wire.ErrParam.Because("query parameter days is not from 1 to 90")
		}
	}
	v := scheduleWire{ID: s.ID, Name: s.Name, Timezone: s.Zone.String(), BusinessHours: []hours.Day{}}
	for d := range days {
		v.BusinessHours = append(v.BusinessHours, s.On(c.Now.In(s.Zone).AddDate(0, 0, d)))
	}
	return wire.Data{Data: map[string]any{"schedule": v}}, nil
}

type scheduleStatus struct {
	IsOpen    bool   `json:"isOpen"`
	Timestamp string `json:"timestamp"`
	OpensAt   string `json:"opensAt,omitzero"`
	ClosesAt  string `json:"closesAt,omitzero"`
}

func getScheduleStatus(c *call.Call) (any, error) {
	s, err := c.Schedules.Get(c.ID("scheduleId"))
	if err != nil {
		return nil, err
	}
	at, err := c.Instant("timestamp")
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = c.Now
	}
	v := scheduleStatus{Timestamp: hourTime(at)}
	var change time.Time
	if v.IsOpen, change = s.Status(at); v.IsOpen {
		v.ClosesAt = hourTime(change)
	} else {
		v.OpensAt = hourTime(change)
	}
	return wire.Data{Data: v}, nil
}
