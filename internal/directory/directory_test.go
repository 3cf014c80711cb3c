package directory

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/offline"
)

// book is a directory with a clock that the test moves, in front of an offline Dixa.
type book struct {
	*Directory
	t      *testing.T
	client *d.Client
	dixa   *offline.Dixa
	at     time.Time
}

func setUp(t *testing.T) *book {
	t.Helper()
	b := &book{t: t, dixa: offline.New(offline.Options{}), at: time.Now()}
	hc, stop := b.dixa.Client()
	t.Cleanup(stop)
	client, err := d.New(d.Config{Token: d.StaticToken("token"), Transport: hc.Transport, URL: offline.URL, ExportsURL: offline.URL, Rate: 1e6, Burst: 1000})
	require.NoError(t, err)
	b.client, b.Directory = client, New(func() time.Time { return b.at })
	return b
}

func (b *book) read(l List) Entries {
	b.t.Helper()
	e, err := b.Read(context.Background(), b.client, l, func() bool { return true })
	require.NoError(b.t, err)
	return e
}

func listOf(t *testing.T, thing d.Thing) List {
	t.Helper()
	l, ok := Of(thing)
	require.True(t, ok, thing)
	return l
}

// Every list can be read, and its things have ids.
func TestEveryListIsRead(t *testing.T) {
	b := setUp(t)
	for thing, l := range lists {
		e := b.read(l)
		require.True(t, e.Whole, thing)
		require.NotEmpty(t, e.All, thing)
		for _, one := range e.All {
			require.NotEmpty(t, one.ID, thing)
			require.Equal(t, one.ID, e.ByID(strings.ToUpper(one.ID)).ID, thing)
		}
	}
	for _, r := range []d.Reference{
		{Thing: d.FilterThing}, {Thing: d.FilterThing, Of: "csat"}, {Thing: d.FilterThing, In: d.RecordThing, Of: "ratings"},
		{Thing: d.MeasureThing, Of: "csat"}, {Thing: d.ValueThing, Of: "queue_id"},
	} {
		l, ok := ListOf(r)
		require.True(t, ok)
		require.NotEmpty(t, b.read(l).All, r)
	}
	_, ok := ListOf(d.Reference{Thing: d.EndUserThing})
	require.False(t, ok)
}

// Lists of one operation that differ in what they hold are kept apart.
func TestListsHaveDifferentKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range []d.Reference{
		{Thing: d.FilterThing}, {Thing: d.MetricThing}, {Thing: d.FilterThing, Of: "csat"}, {Thing: d.FilterThing, Of: "nps"}, {Thing: d.MeasureThing, Of: "csat"},
		{Thing: d.MeasureThing, Of: "nps"}, {Thing: d.FilterThing, In: d.RecordThing, Of: "csat"}, {Thing: d.ValueThing, Of: "queue_id"}, {Thing: d.ValueThing, Of: "tag_id"},
	} {
		l, _ := ListOf(r)
		require.False(t, seen[l.Key()], r)
		seen[l.Key()] = true
	}
}

// A list is kept for some minutes, and for one of them what is missing in it counts as missing.
func TestListsAreKeptForSomeMinutes(t *testing.T) {
	b, queues := setUp(t), listOf(t, d.QueueThing)
	known := func() (fresh, ok bool) { _, fresh, ok = b.Known(queues); return fresh, ok }
	_, ok := known()
	require.False(t, ok, "nothing is read before it is asked for")
	require.Empty(t, b.dixa.Requests())
	b.read(queues)
	for _, c := range []struct {
		after     time.Duration
		fresh, ok bool
	}{{0, true, true}, {freshFor - 1, true, true}, {freshFor, false, true}, {keptFor - 1, false, true}, {keptFor, false, false}} {
		b.at = b.at.Add(c.after)
		fresh, ok := known()
		require.Equal(t, []bool{c.fresh, c.ok}, []bool{fresh, ok}, c.after)
		b.at = b.at.Add(-c.after)
	}
}

// Our own writes drop the lists that they change, and no others.
func TestWritesDropLists(t *testing.T) {
	changed := map[string][]string{}
	for _, op := range d.Operations() {
		b := setUpEmpty()
		for _, l := range lists {
			b.lists[l.key] = Entries{read: b.now()}
		}
		b.Wrote(op)
		for _, l := range lists {
			if _, _, ok := b.Known(l); !ok && !contains(changed[l.Op.Name], op.Name) {
				changed[l.Op.Name] = append(changed[l.Op.Name], op.Name)
			}
		}
	}
	require.Equal(t, map[string][]string{
		"list_tags":      {"activate_tag", "create_tag", "deactivate_tag", "delete_tag", "tag_conversation_by_name"},
		"list_queues":    {"add_queue_members", "create_queue", "remove_queue_members"},
		"list_teams":     {"add_team_members", "create_team", "delete_team", "remove_team_members"},
		"list_agents":    {"create_agent", "create_agents", "delete_agent", "replace_agent", "replace_agents", "set_working_channel", "update_agent", "update_agents"},
		"list_webhooks":  {"create_webhook", "delete_webhook", "update_webhook"},
		"list_templates": {"delete_template"},
		"get_catalog": {"create_article", "delete_article", "delete_article_translation", "detach_article", "move_article", "publish_article", "publish_article_translation",
			"unpublish_article", "unpublish_article_translation", "update_article", "update_article_translations"},
	}, changed)
}

func contains(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}

func setUpEmpty() *Directory { return New(time.Now) }

// agentsByTwo lists Dixa agents in pages of two.
func agentsByTwo() List {
	return paged(d.ListAgents, d.ListAgentsIn{Page: d.Page{PageLimit: 2}}, "small", func(a d.Agent) []Entry { return []Entry{{ID: string(a.ID)}} })
}

// What was read before a write of ours is not kept after it.
func TestAListThatAWriteOvertookIsNotKept(t *testing.T) {
	b, queues := setUp(t), listOf(t, d.QueueThing)
	agents := agentsByTwo()
	_, err := b.Read(context.Background(), b.client, agents, func() bool { b.Wrote(d.DeleteAgent.Spec); return true })
	require.NoError(t, err)
	_, _, ok := b.Known(agents)
	require.False(t, ok)
	b.read(queues)
	b.Wrote(d.CreateQueue.Spec)
	_, _, ok = b.Known(queues)
	require.False(t, ok)
}

// A list that may not be read to its end says so.
func TestAListThatIsTooLong(t *testing.T) {
	b, pages := setUp(t), 0
	small := agentsByTwo()
	e, err := b.Read(context.Background(), b.client, small, func() bool { pages++; return pages < 2 })
	require.NoError(t, err)
	require.False(t, e.Whole)
	require.Less(t, len(e.All), len(b.read(listOf(t, d.AgentThing)).All))
}

// What could not be read is not kept.
func TestAListThatCannotBeRead(t *testing.T) {
	b, queues := setUp(t), listOf(t, d.QueueThing)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := b.Read(ctx, b.client, queues, func() bool { return true })
	require.Error(t, err)
	_, _, ok := b.Known(queues)
	require.False(t, ok)
}

// The number of lists that are kept is limited, whatever is asked for.
func TestTheNumberOfListsIsLimited(t *testing.T) {
	b := setUp(t)
	for i := range 3 * mostLists {
		attribute := "a" + strings.Repeat("x", i)
		b.read(whole(d.GetMetric, d.MetricRef{MetricID: "csat"}, attribute, measures))
		require.LessOrEqual(t, len(b.lists), mostLists)
	}
}

// A directory is used by many calls at once.
func TestConcurrentUse(t *testing.T) {
	b := setUp(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, thing := range []d.Thing{d.QueueThing, d.TagThing, d.TeamThing} {
				l, _ := Of(thing)
				b.Known(l)
				_, _ = b.Read(context.Background(), b.client, l, func() bool { return true })
				b.Wrote(d.CreateTag.Spec)
			}
		})
	}
	all.Wait()
	require.Equal(t, http.MethodGet, b.dixa.Requests()[0].Method)
}

// A list that lacks what Dixa mentioned is read again; others are kept.
func TestMentioned(t *testing.T) {
	b := setUp(t)
	tags := listOf(t, d.TagThing)
	b.Mentioned(d.TagThing, "new") // nothing is kept yet
	e := b.read(tags)
	known := func() bool { _, _, ok := b.Known(tags); return ok }
	for _, one := range []string{"", e.All[0].ID, e.All[0].Names[0], strings.ToUpper(e.All[0].Names[0])} {
		b.Mentioned(d.TagThing, one)
		require.True(t, known(), one)
	}
	b.Mentioned(d.QueueThing, "new")
	require.True(t, known())
	b.Mentioned(d.TagThing, "a tag that was made in Dixa a moment ago")
	require.False(t, known())
}
