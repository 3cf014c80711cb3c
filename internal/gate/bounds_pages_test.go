package gate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// handling says what a bound makes of a list.
type handling int

const (
	whole    handling = iota // about one conversation inside, or what all have in common: all of it is shown
	narrowed                 // Dixa itself leaves out what is outside
	judged                   // each item is judged
)

// lists are all lists that a bounded agent may read. The items of a judged list are inside where their number is even.
var lists = map[string]struct {
	handling
	arguments string
	item      func(n int) string
}{
	"search_conversations":        {narrowed, `{"query":"x"%s}`, conversationItem},
	"list_end_user_conversations": {judged, `{"userId":"` + userNumber(2) + `"%s}`, conversationItem},
	"list_end_users":              {judged, `{"email":"a@example.com"%s}`, func(n int) string { return fmt.Sprintf(`{"id":%q}`, userNumber(n)) }},
	"list_linked_conversations":   {judged, `{"conversationId":2}`, conversationItem},
	"list_conversation_activity": {judged, `{"conversationId":2}`, func(n int) string {
		return fmt.Sprintf(`{"id":%q,"conversationId":2,"_type":"ConversationLinked","attributes":{"parent":2,"child":%d}}`, userNumber(n), n)
	}},
	"list_messages":              {whole, `{"conversationId":2}`, plainItem},
	"list_notes":                 {whole, `{"conversationId":2}`, plainItem},
	"list_ratings":               {whole, `{"conversationId":2}`, plainItem},
	"list_conversation_tags":     {whole, `{"conversationId":2}`, plainItem},
	"list_flows":                 {whole, `{}`, plainItem},
	"list_tags":                  {whole, `{}`, plainItem},
	"list_agents":                {whole, `{"email":"a@example.com"%s}`, plainItem},
	"list_presence":              {whole, `{}`, plainItem},
	"list_agent_teams":           {whole, `{"agentId":"` + bot + `"}`, plainItem},
	"list_teams":                 {whole, `{}`, plainItem},
	"list_team_members":          {whole, `{"teamId":"` + nobody + `"}`, plainItem},
	"list_team_presence":         {whole, `{"teamId":"` + nobody + `"%s}`, plainItem},
	"list_queues":                {whole, `{}`, plainItem},
	"list_queue_members":         {whole, `{"queueId":"` + billing + `"}`, plainItem},
	"list_custom_attributes":     {whole, `{}`, plainItem},
	"list_metrics":               {whole, `{"pageLimit":20%s}`, plainItem},
	"list_metric_filter_values":  {whole, `{"filterAttribute":"queue_id"%s}`, plainItem},
	"list_metric_records":        {whole, `{"pageLimit":20%s}`, plainItem},
	"list_contact_endpoints":     {whole, `{}`, plainItem},
	"list_schedules":             {whole, `{}`, plainItem},
	"list_upcoming_hours":        {whole, `{"scheduleId":"` + nobody + `"}`, plainItem},
	"list_templates":             {whole, `{"pageLimit":20%s}`, plainItem},
	"list_collections":           {whole, `{"pageLimit":20%s}`, plainItem},
	"list_category_translations": {whole, `{"categoryId":"` + nobody + `"}`, plainItem},
	"list_article_translations":  {whole, `{"articleId":"` + nobody + `"}`, plainItem},
}

func userNumber(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func plainItem(n int) string { return fmt.Sprintf(`{"id":%q}`, userNumber(n)) }

func conversationItem(n int) string {
	queue := billing
	if n%2 != 0 {
		queue = returns
	}
	return fmt.Sprintf(`{"id":%d,"requesterId":%q,"channel":"Email","direction":"Inbound","queue":{"id":%q}}`, n, userNumber(n), queue)
}

// pagesOf is a Dixa whose list has three pages, and that knows of each conversation and end user by its number.
type pagesOf struct {
	t     *testing.T
	op    *dixaclient.Spec
	route *regexp.Regexp
	item  func(int) string
	pages [3][]int // the numbers on each page
	asked int      // pages that were asked for
}

func (p *pagesOf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	require.NoError(p.t, err)
	conversation := regexp.MustCompile(`^/v1/conversations/(\d+)$`).FindStringSubmatch(r.URL.Path)
	switch {
	case r.Method == p.op.Method && p.route.MatchString(r.URL.Path) && !strings.Contains(string(body), "ContactId"):
		if p.op.Name == "search_conversations" {
			require.Contains(p.t, string(body), billing, "each page is asked for within the bound")
		}
		p.page(w, r.URL.Query().Get("pageKey"))
	case conversation != nil:
		n, err := strconv.Atoi(conversation[1])
		require.NoError(p.t, err)
		fmt.Fprintf(w, `{"data":%s}`, conversationItem(n))
	case r.URL.Path == "/v1/search/conversations": // which of the end users have a conversation inside?
		found := "[]"
		for _, user := range regexp.MustCompile(`"00000000-0000-4000-8000-(\d{12})"`).FindAllStringSubmatch(string(body), -1) {
			if n, _ := strconv.Atoi(user[1]); n%2 == 0 {
				found = `[{"id":2}]`
			}
		}
		fmt.Fprintf(w, `{"data":%s}`, found)
	default:
		require.Fail(p.t, "nothing answers this", "%s %s", r.Method, r.URL)
	}
}

func (p *pagesOf) page(w http.ResponseWriter, key string) {
	p.asked++
	at, _ := strconv.Atoi(key) // the first page has none
	pages := p.pages[at : at+1]
	meta := fmt.Sprintf(`{"next":"/x?pageKey=%d"}`, at+1)
	if !p.op.Paged {
		pages = p.pages[:]
	}
	if !p.op.Paged || at == 2 {
		meta = "{}"
	}
	var items []string
	for _, page := range pages {
		for _, n := range page {
			items = append(items, p.item(n))
		}
	}
	if p.op.Bare {
		fmt.Fprintf(w, `[%s]`, strings.Join(items, ","))
		return
	}
	fmt.Fprintf(w, `{"data":[%s],"meta":%s}`, strings.Join(items, ","), meta)
}

// Every list that a bounded agent may read is shown over all of its pages, with what is outside left out on each.
func TestEveryListOverThreePages(t *testing.T) {
	agent, err := parse(t, everythingBut(bounds[0])).Agent("bounded")
	require.NoError(t, err)
	for _, tool := range slices.DeleteFunc(tools.All(), (*tools.Tool).Task) {
		op := tool.Operations[0]
		if op.Scope == dixaclient.Everything || !agent.Tool(tool).Allowed || tool.Level != dixaclient.Read || !op.Paged && !strings.HasPrefix(tool.Name, "list_") {
			continue
		}
		list, ok := lists[tool.Name]
		if !ok {
			t.Errorf("a bounded agent may read %s: add it to lists in internal/gate/bounds_pages_test.go, with what the bound makes of it", tool.Name)
			continue
		}
		for _, limit := range []int{0, 1, 7} {
			if limit > 0 && (!op.Paged || list.handling != judged) {
				continue
			}
			t.Run(fmt.Sprintf("%s/pageLimit=%d", tool.Name, limit), func(t *testing.T) {
				p := &pagesOf{t: t, op: op, item: list.item, route: regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(op.Path, "[^/]+") + "$")}
				var want []string
				for n := 1; n <= 60; n++ {
					if list.handling == narrowed && n%2 != 0 {
						continue
					}
					p.pages[(n-1)/20] = append(p.pages[(n-1)/20], n)
					if list.handling != judged || n%2 == 0 {
						want = append(want, idOf(t, list.item(n)))
					}
				}
				require.Equal(t, want, readAll(t, p, tool.Name, list.arguments, limit, list.handling == judged))
			})
		}
	}
	for name := range lists {
		_, ok := tools.ByName(name)
		require.True(t, ok, "%s is in lists in internal/gate/bounds_pages_test.go, and there is no such tool", name)
	}
}

func idOf(t *testing.T, item string) string {
	var v struct{ ID any }
	require.NoError(t, json.Unmarshal([]byte(item), &v))
	return fmt.Sprint(v.ID)
}

// readAll reads a list as a bounded agent, page by page, and gives the ids.
func readAll(t *testing.T, dixa http.Handler, tool, arguments string, limit int, full bool) []string {
	b := newBed(t, everythingBut(bounds[0]))
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: "http://localhost", Transport: direct{dixa}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.govern(everythingBut(bounds[0]))
	var got []string
	for key := ""; ; {
		more := ""
		if limit > 0 {
			more += fmt.Sprintf(`,"pageLimit":%d`, limit)
		}
		if key != "" {
			more += fmt.Sprintf(`,"pageKey":%q`, key)
		}
		a := b.call("bounded", tool, strings.Replace(arguments, "%s", more, 1))
		require.False(t, a.Failed, a.Text)
		var p page
		require.NoError(t, json.Unmarshal([]byte(a.Text), &p), a.Text)
		for _, i := range p.Items {
			got = append(got, fmt.Sprint(i.ID))
		}
		if key = p.NextPageKey; key == "" {
			return got
		}
		if full && limit > 0 {
			require.Len(t, p.Items, limit, "a page that is not full tells that something was left out")
		}
	}
}
