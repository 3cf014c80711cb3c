package directory

import (
	"context"
	"iter"

	d "dixa-mcp/dixaclient"
)

// Request is an operation with a request, for whoever decides whether it may be made.
type Request struct {
	Op *d.Spec
	In any
}

// List is how the things of one kind are listed: one operation with its request, and seldom others.
type List struct {
	Request
	Also []Request // that are made besides

	key  string
	read func(context.Context, *d.Client) iter.Seq2[[]Entry, error]
}

// Key tells the list from all others.
func (l List) Key() string { return l.key }

func (l List) pages(ctx context.Context, c *d.Client) iter.Seq2[[]Entry, error] {
	return l.read(ctx, c)
}

// firstPage asks for pages as large as Dixa answers them everywhere.
var firstPage = d.Page{PageLimit: 50}

// lists are the operations that list things, by what they list.
var lists = map[d.Thing]List{
	d.QueueThing: list(d.ListQueues, d.NoArguments{}, func(q d.Queue) Entry {
		return Entry{ID: string(q.ID), Names: []string{q.Name}}
	}),
	d.TagThing: list(d.ListTags, d.ListTagsIn{IncludeDeactivated: true}, func(t d.Tag) Entry {
		return Entry{ID: string(t.ID), Names: []string{t.Name}, Inactive: t.State == "Inactive"}
	}),
	d.AgentThing: list(d.ListAgents, d.ListAgentsIn{Page: firstPage}, func(a d.Agent) Entry {
		return Entry{ID: string(a.ID), Names: []string{a.DisplayName, a.Email}}
	}),
	d.TeamThing: list(d.ListTeams, d.NoArguments{}, func(t d.Team) Entry {
		return Entry{ID: string(t.ID), Names: []string{t.Name}}
	}),
	d.AttributeThing: attributes,
	d.OptionThing:    attributes,
	d.EndpointThing: list(d.ListContactEndpoints, d.ListContactEndpointsIn{}, func(e d.ContactEndpoint) Entry {
		return Entry{ID: e.Address + e.Number, Names: []string{e.Name}} // it has one of the two
	}),
	d.MetricThing: list(d.ListMetrics, firstPage, func(m d.Metric) Entry {
		return Entry{ID: string(m.ID)}
	}),
	d.RecordThing: list(d.ListMetricRecords, firstPage, func(r d.MetricRecordKind) Entry {
		return Entry{ID: string(r.ID)}
	}),
	d.ScheduleThing: whole(d.ListSchedules, d.NoArguments{}, "", func(s d.Schedules) (list []Entry) {
		for _, one := range s.Schedules {
			list = append(list, Entry{ID: string(one.ID), Names: []string{one.Name}})
		}
		return list
	}),
	d.TemplateThing: list(d.ListTemplates, d.ListTemplatesIn{Page: firstPage}, func(t d.Template) Entry {
		return Entry{ID: string(t.ID), Names: []string{t.Name}}
	}),
	d.CollectionThing: list(d.ListCollections, firstPage, func(c d.Collection) Entry {
		return Entry{ID: string(c.ID), Names: []string{c.Title}}
	}),
	d.ArticleThing:  catalog,
	d.CategoryThing: catalog,
	d.WebhookThing: list(d.ListWebhooks, d.NoArguments{}, func(w d.Webhook) Entry {
		return Entry{ID: string(w.ID), Names: []string{w.Name}}
	}),
}

var attributes = list(d.ListCustomAttributes, d.NoArguments{}, func(a d.CustomAttribute) Entry {
	return Entry{ID: string(a.ID), Names: []string{a.Label, a.Identifier}, Inactive: a.IsArchived || a.IsDeactivated, Attribute: &a}
})

// Of returns the list of things of one kind; ok is false where no operation lists them.
func Of(t d.Thing) (l List, ok bool) {
	l, ok = lists[t]
	return l, ok
}

// ListOf returns the list that has the values which a reference can have; ok is false where no operation lists them.
func ListOf(r d.Reference) (l List, ok bool) {
	metric := d.MetricRef{MetricID: d.Name(r.Of)}
	switch {
	case r.Thing == d.FilterThing && r.Of == "":
		return allFilters, true
	case r.Thing == d.FilterThing && r.In == d.RecordThing:
		return whole(d.GetMetricRecord, d.MetricRecordRef{RecordID: d.Name(r.Of)}, "filters\x00"+r.Of, func(m d.MetricRecordKind) []Entry { return filters(m.Filters) }), true
	case r.Thing == d.FilterThing:
		return whole(d.GetMetric, metric, "filters\x00"+r.Of, func(m d.Metric) []Entry { return filters(m.Filters) }), true
	case r.Thing == d.MeasureThing:
		return whole(d.GetMetric, metric, "aggregations\x00"+r.Of, measures), true
	case r.Thing == d.ValueThing:
		return filterValues(r.Of), true
	}
	return Of(r.Thing)
}

var allFilters = paged(d.ListMetrics, firstPage, "filters", func(m d.Metric) []Entry { return filters(m.Filters) })

func filterValues(attribute string) List {
	in := d.ListMetricFilterValuesIn{FilterAttribute: d.Name(attribute), Page: firstPage}
	return paged(d.ListMetricFilterValues, in, attribute, func(v d.FilterValue) []Entry {
		return []Entry{{ID: v.Value, Names: []string{v.Label}, Private: true}}
	})
}

func filters(filters []d.FilterAttribute) (list []Entry) {
	for _, f := range filters {
		list = append(list, Entry{ID: string(f.FilterAttribute)})
	}
	return list
}

func measures(m d.Metric) (list []Entry) {
	for _, a := range m.Aggregations {
		list = append(list, Entry{ID: string(a.Measure)})
	}
	return list
}

// list makes a list of an operation that lists things.
func list[In, Out any](op d.Op[In, []Out], in In, of func(Out) Entry) List {
	return paged(op, in, "", func(v Out) []Entry { return []Entry{of(v)} })
}

// paged makes a list of an operation that answers with a list, page after page. What tells the lists of one operation apart.
func paged[In, Out any](op d.Op[In, []Out], in In, what string, of func(Out) []Entry) List {
	return List{Request{op.Spec, &in}, nil, key(op.Spec, what), func(ctx context.Context, c *d.Client) iter.Seq2[[]Entry, error] {
		return func(yield func([]Entry, error) bool) {
			for page, err := range op.Pages(ctx, c, in) {
				var entries []Entry
				for _, v := range page.Value {
					entries = append(entries, of(v)...)
				}
				if !yield(entries, err) {
					return
				}
			}
		}
	}}
}

// whole makes a list of an operation whose one answer has all.
func whole[In, Out any](op d.Op[In, Out], in In, what string, of func(Out) []Entry) List {
	return List{Request{op.Spec, &in}, nil, key(op.Spec, what), func(ctx context.Context, c *d.Client) iter.Seq2[[]Entry, error] {
		return func(yield func([]Entry, error) bool) {
			a, err := op.Do(ctx, c, in)
			if err != nil {
				yield(nil, err)
				return
			}
			yield(of(a.Value), nil)
		}
	}}
}

// key names a list; the only list of an operation has the operation's name.
func key(op *d.Spec, what string) string {
	if what == "" {
		return op.Name
	}
	return op.Name + "\x00" + what
}
