package gate

import (
	"context"
	"iter"

	"dixa-mcp/dixaclient"
)

// choice is one of the values that an argument can have.
type choice struct {
	id        string
	names     []string // by which people know it
	inactive  bool     // it exists and cannot be set any more
	attribute *dixaclient.CustomAttribute
	private   bool // names hold words of outsiders: they are compared and not shown
}

// listing is how the values of an argument are listed, as an operation that the agent may be granted.
type listing struct {
	op   *dixaclient.Spec
	read func(context.Context, *dixaclient.Client, dixaclient.Reference) iter.Seq2[[]choice, error]
}

// getter is an operation that tells whether an id exists.
type getter struct {
	op   *dixaclient.Spec
	read func(context.Context, *dixaclient.Client, string) error
}

// pageOfEntries is how many values are asked for at once.
const pageOfEntries = 50

var firstPage = dixaclient.Page{PageLimit: pageOfEntries}

// listings are the operations that list the values of arguments, by what the values name.
var listings = map[dixaclient.Thing]listing{
	dixaclient.QueueThing: list(dixaclient.ListQueues, dixaclient.NoArguments{}, func(q dixaclient.Queue) choice {
		return choice{id: string(q.ID), names: []string{q.Name}}
	}),
	dixaclient.TagThing: list(dixaclient.ListTags, dixaclient.ListTagsIn{IncludeDeactivated: true}, func(t dixaclient.Tag) choice {
		return choice{id: string(t.ID), names: []string{t.Name}, inactive: t.State == "Inactive"}
	}),
	dixaclient.AgentThing: list(dixaclient.ListAgents, dixaclient.ListAgentsIn{Page: firstPage}, func(a dixaclient.Agent) choice {
		return choice{id: string(a.ID), names: []string{a.DisplayName, a.Email}}
	}),
	dixaclient.TeamThing: list(dixaclient.ListTeams, dixaclient.NoArguments{}, func(t dixaclient.Team) choice {
		return choice{id: string(t.ID), names: []string{t.Name}}
	}),
	dixaclient.AttributeThing: attributes,
	dixaclient.OptionThing:    attributes,
	dixaclient.EndpointThing: list(dixaclient.ListContactEndpoints, dixaclient.ListContactEndpointsIn{}, func(e dixaclient.ContactEndpoint) choice {
		return choice{id: e.Address + e.Number, names: []string{e.Name}} // it has one of the two
	}),
	dixaclient.MetricThing: list(dixaclient.ListMetrics, firstPage, func(m dixaclient.Metric) choice {
		return choice{id: string(m.ID)}
	}),
	dixaclient.RecordThing: list(dixaclient.ListMetricRecords, firstPage, func(r dixaclient.MetricRecordKind) choice {
		return choice{id: string(r.ID)}
	}),
	dixaclient.ScheduleThing: whole(dixaclient.ListSchedules, func(dixaclient.Reference) dixaclient.NoArguments { return dixaclient.NoArguments{} }, func(s dixaclient.Schedules) (list []choice) {
		for _, one := range s.Schedules {
			list = append(list, choice{id: string(one.ID), names: []string{one.Name}})
		}
		return list
	}),
	dixaclient.TemplateThing: list(dixaclient.ListTemplates, dixaclient.ListTemplatesIn{Page: firstPage}, func(t dixaclient.Template) choice {
		return choice{id: string(t.ID), names: []string{t.Name}}
	}),
	dixaclient.CollectionThing: list(dixaclient.ListCollections, firstPage, func(c dixaclient.Collection) choice {
		return choice{id: string(c.ID), names: []string{c.Title}}
	}),
	dixaclient.WebhookThing: list(dixaclient.ListWebhooks, dixaclient.NoArguments{}, func(w dixaclient.Webhook) choice {
		return choice{id: string(w.ID), names: []string{w.Name}}
	}),
}

var attributes = list(dixaclient.ListCustomAttributes, dixaclient.NoArguments{}, func(a dixaclient.CustomAttribute) choice {
	return choice{id: string(a.ID), names: []string{a.Label, a.Identifier}, inactive: a.IsArchived || a.IsDeactivated, attribute: &a}
})

// getters are the operations that tell whether an id exists, where no list is needed or there is none.
var getters = map[dixaclient.Thing]getter{
	dixaclient.AgentThing: get(dixaclient.GetAgent, func(id string) dixaclient.AgentRef {
		return dixaclient.AgentRef{AgentID: dixaclient.UUID(id)}
	}),
	dixaclient.EndUserThing: get(dixaclient.GetEndUser, func(id string) dixaclient.EndUserRef {
		return dixaclient.EndUserRef{UserID: dixaclient.UUID(id)}
	}),
	dixaclient.ConversationThing: get(dixaclient.GetConversation, func(id string) dixaclient.GetConversationIn {
		return dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: number(id)}}
	}),
}

// listingOf returns how the values of a reference are listed; ok is false where nothing lists them.
func listingOf(r dixaclient.Reference) (l listing, ok bool) {
	inRecords := r.In == dixaclient.RecordThing
	switch {
	case r.Thing == dixaclient.FilterThing && r.Of == "":
		return filtersOfAll, true
	case r.Thing == dixaclient.FilterThing && inRecords:
		return filtersOfRecord, true
	case r.Thing == dixaclient.FilterThing:
		return filtersOfMetric, true
	case r.Thing == dixaclient.MeasureThing:
		return measures, true
	case r.Thing == dixaclient.ValueThing:
		return filterValues, true
	}
	l, ok = listings[r.Thing]
	return l, ok
}

var (
	filtersOfAll = listing{dixaclient.ListMetrics.Spec, func(ctx context.Context, c *dixaclient.Client, _ dixaclient.Reference) iter.Seq2[[]choice, error] {
		return pages(ctx, c, dixaclient.ListMetrics, firstPage, func(m dixaclient.Metric) []choice { return filterEntries(m.Filters) })
	}}
	filtersOfMetric = whole(dixaclient.GetMetric, metricOf, func(m dixaclient.Metric) []choice { return filterEntries(m.Filters) })
	filtersOfRecord = whole(dixaclient.GetMetricRecord, func(r dixaclient.Reference) dixaclient.MetricRecordRef {
		return dixaclient.MetricRecordRef{RecordID: dixaclient.Name(r.Of)}
	}, func(m dixaclient.MetricRecordKind) []choice { return filterEntries(m.Filters) })
	measures = whole(dixaclient.GetMetric, metricOf, func(m dixaclient.Metric) (list []choice) {
		for _, a := range m.Aggregations {
			list = append(list, choice{id: string(a.Measure)})
		}
		return list
	})
	filterValues = listing{dixaclient.ListMetricFilterValues.Spec, func(ctx context.Context, c *dixaclient.Client, r dixaclient.Reference) iter.Seq2[[]choice, error] {
		in := dixaclient.ListMetricFilterValuesIn{FilterAttribute: dixaclient.Name(r.Of), Page: firstPage}
		return pages(ctx, c, dixaclient.ListMetricFilterValues, in, func(v dixaclient.FilterValue) []choice {
			return []choice{{id: v.Value, names: []string{v.Label}, private: true}}
		})
	}}
)

func metricOf(r dixaclient.Reference) dixaclient.MetricRef {
	return dixaclient.MetricRef{MetricID: dixaclient.Name(r.Of)}
}

func filterEntries(filters []dixaclient.FilterAttribute) (list []choice) {
	for _, f := range filters {
		list = append(list, choice{id: string(f.FilterAttribute)})
	}
	return list
}

// list makes a listing of an operation that lists things.
func list[In, Out any](op dixaclient.Op[In, []Out], in In, of func(Out) choice) listing {
	return listing{op.Spec, func(ctx context.Context, c *dixaclient.Client, _ dixaclient.Reference) iter.Seq2[[]choice, error] {
		return pages(ctx, c, op, in, func(v Out) []choice { return []choice{of(v)} })
	}}
}

// pages gives the entries of an operation's pages.
func pages[In, Out any](ctx context.Context, c *dixaclient.Client, op dixaclient.Op[In, []Out], in In, of func(Out) []choice) iter.Seq2[[]choice, error] {
	return func(yield func([]choice, error) bool) {
		for page, err := range op.Pages(ctx, c, in) {
			var list []choice
			for _, v := range page.Value {
				list = append(list, of(v)...)
			}
			if !yield(list, err) {
				return
			}
		}
	}
}

// whole makes a listing of an operation whose answer has all the values.
func whole[In, Out any](op dixaclient.Op[In, Out], in func(dixaclient.Reference) In, of func(Out) []choice) listing {
	return listing{op.Spec, func(ctx context.Context, c *dixaclient.Client, r dixaclient.Reference) iter.Seq2[[]choice, error] {
		return func(yield func([]choice, error) bool) {
			a, err := op.Do(ctx, c, in(r))
			if err != nil {
				yield(nil, err)
				return
			}
			yield(of(a.Value), nil)
		}
	}}
}

func get[In, Out any](op dixaclient.Op[In, Out], in func(string) In) getter {
	return getter{op.Spec, func(ctx context.Context, c *dixaclient.Client, id string) error {
		_, err := op.Do(ctx, c, in(id))
		return err
	}}
}
