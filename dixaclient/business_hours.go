package dixaclient

import "encoding/json"

// ScheduleRef names a schedule of business hours.
type ScheduleRef struct {
	ScheduleID UUID `json:"scheduleId" in:"path"`
}

// Schedules are an organization's schedules by name.
type Schedules struct {
	Schedules []struct {
		ID   Name   `json:"id"`
		Name string `json:"name"`
	} `json:"schedules"`
}

// ScheduleHours are the hours of one schedule.
type ScheduleHours struct {
	Schedule struct {
		ID            Name           `json:"id"`
		Name          string         `json:"name"`
		Timezone      string         `json:"timezone"` // IANA name
		BusinessHours []BusinessHour `json:"businessHours"`
		Exceptions    []BusinessHour `json:"exceptions"` // of a definition; upcoming hours have them applied
	} `json:"schedule"`
}

// BusinessHour is one day. DayOfWeek 1 is Monday; dates are 2026-01-31; Type is Regular, Holiday or Exception, Status
// Open or Closed.
type BusinessHour struct {
	Name      string `json:"name"`
	DayOfWeek int    `json:"dayOfWeek"`
	Type      Kind   `json:"businessHourType"`
	Status    Kind   `json:"status"`
	StartDate string `json:"startDate"`
	NextDate  string `json:"nextDate"`
	Intervals []struct {
		StartTime string `json:"startTime"` // 08:00
		EndTime   string `json:"endTime"`
	} `json:"intervals"`
}

// Kind is a union of empty objects: the contract says {"_type": "Open"}, its examples "Open". Both are read.
type Kind string

// UnmarshalJSON never fails, since one odd field must not cost the answer.
func (k *Kind) UnmarshalJSON(b []byte) error {
	var object struct {
		Type string `json:"_type"`
	}
	var text string
	if json.Unmarshal(b, &object) != nil && json.Unmarshal(b, &text) == nil {
		object.Type = text
	}
	*k = Kind(object.Type)
	return nil
}

// ListUpcomingHoursIn names a schedule and how many days to look ahead.
type ListUpcomingHoursIn struct {
	ScheduleRef
	Days int `json:"days,omitzero" in:"query" check:"min=1,max=90" jsonschema_description:"default 7"`
}

// GetScheduleStatusIn names a schedule and a moment.
type GetScheduleStatusIn struct {
	ScheduleID Name `json:"scheduleId" in:"path"`
	Timestamp  Time `json:"timestamp,omitzero" in:"query" jsonschema_description:"default now"`
}

// ScheduleStatus is whether it is open at a moment, and when that changes.
type ScheduleStatus struct {
	IsOpen    bool `json:"isOpen"`
	Timestamp Time `json:"timestamp"`
	OpensAt   Time `json:"opensAt"`
	ClosesAt  Time `json:"closesAt"`
}

// The operations on business hours. Source: Dixa API v1, "Business Hours".
var (
	ListSchedules     = op[NoArguments, Schedules]("list_schedules", "GET /v1/business-hours/schedules", Read, shared)
	GetSchedule       = op[ScheduleRef, ScheduleHours]("get_schedule", "GET /v1/business-hours/schedules/{scheduleId}/definition", Read, shared)
	ListUpcomingHours = op[ListUpcomingHoursIn, ScheduleHours]("list_upcoming_hours", "GET /v1/business-hours/schedules/{scheduleId}/upcoming", Read, shared)
	GetScheduleStatus = op[GetScheduleStatusIn, ScheduleStatus]("get_schedule_status", "GET /v1/business-hours/schedules/{scheduleId}/status", Read, shared)
)
