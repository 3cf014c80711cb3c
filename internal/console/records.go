package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/when"
	"dixa-mcp/internal/records"
)

// recordPages show what agents did.
type recordPages struct{ config *Config }

const (
	recordsOnPage = 50
	indexFor      = time.Second     // how long a page waits for new records to be indexed
	searchFor     = 5 * time.Second // and for a search
)

// recordFilter is what the page shows, as in its address.
type recordFilter struct {
	Agent, Person, Tool, Conversation, Customer, Since, Until, Only string
}

// fields returns the fields of the form by their names.
func (f *recordFilter) fields() map[string]*string {
	return map[string]*string{
		"agent": &f.Agent, "person": &f.Person, "tool": &f.Tool, "conversation": &f.Conversation, "customer": &f.Customer,
		"since": &f.Since, "until": &f.Until, "only": &f.Only,
	}
}

// readFilter reads a filter from an address.
func readFilter(q url.Values) (f recordFilter) {
	for name, field := range f.fields() {
		*field = strings.TrimSpace(q.Get(name))
	}
	return f
}

// address returns the address of a page with the filter.
func (f recordFilter) address(path, after string) string {
	q := url.Values{}
	for name, field := range f.fields() {
		if *field != "" {
			q.Set(name, *field)
		}
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// query returns what the index is asked, or what is wrong with the form.
func (r recordPages) query(v *visit, f recordFilter) (q records.Query, problem string) {
	q = records.Query{Agent: f.Agent, Person: f.Person, Tool: f.Tool, Conversation: f.Conversation, Customer: f.Customer, Told: true, HashKey: r.config.HashKey}
	if strings.Trim(f.Conversation, "0123456789") != "" {
		return q, fmt.Sprintf("Conversation must be the number of a conversation, not %.40q.", f.Conversation)
	}
	zone := v.zone()
	for name, t := range map[string]*time.Time{"From": &q.Since, "Until": &q.Until} {
		text := f.Since
		if name == "Until" {
			text = f.Until
		}
		if text == "" {
			continue
		}
		at, err := when.Since(text, r.config.Now(), zone)
		if err != nil {
			return q, name + ": " + sentence(err.Error())
		}
		*t = at
	}
	switch f.Only {
	case "":
	case "changes":
		q.Changes = true
	case "refused":
		q.Refused = true
	default:
		return q, "Show must be everything, changes or refusals."
	}
	return q, ""
}

// recordLine is a record in a list.
type recordLine struct {
	ID, Says, Tool string
	Time           *moment
	Day            string // "" for the day of the line before
	Bad            bool   // refused, failed or not known
	Altered        bool
}

func (r recordPages) lines(v *visit, found []records.Found) []recordLine {
	zone := v.zone()
	lines := make([]recordLine, len(found))
	day := ""
	for i, f := range found {
		says := f.Record.Text
		if says == "" {
			says = audit.Sentence(f.Record, audit.Verb{})
		}
		l := recordLine{ID: f.ID, Says: says, Tool: f.Tool, Altered: f.Altered != "", Bad: f.IsRefusal() || f.Outcome == audit.OutcomeFailed || f.Outcome == audit.OutcomeUnknown}
		l.Time = v.at(f.Time)
		l.Time.Text = f.Time.In(zone).Format(time.TimeOnly)
		if d := f.Time.In(zone).Format("Monday 2 January 2006"); d != day {
			day, l.Day = d, d
		}
		lines[i] = l
	}
	return lines
}

// update indexes what was written since, for a moment. behind tells that there is more.
func (r recordPages) update(ctx context.Context) (behind bool, err error) {
	ctx, stop := context.WithTimeout(ctx, indexFor)
	defer stop()
	err = r.config.Records.Update(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return true, nil
	}
	return false, err
}

// recordsPage is the list of records.
type recordsPage struct {
	recordFilter
	Names    records.Names
	Lines    []recordLine
	Zone     string
	Problem  string
	Behind   bool
	Filtered bool
	More     string // address of the next page
	Newest   string // address of the first page
	CSV      string
	JSON     string
	Verify   string // token of its form
}

// list shows calls as sentences, newest first. Without a page behind it, it keeps itself up to date.
func (r recordPages) list(v *visit) {
	query := v.URL.Query()
	f := readFilter(query)
	after := query.Get("after")
	page := recordsPage{recordFilter: f, Filtered: f != recordFilter{}, Zone: v.zone().String(), Verify: v.token("/verify")}
	page.CSV, page.JSON = f.address("/records.csv", ""), f.address("/records.jsonl", "")
	if after != "" {
		page.Newest = f.address("/records", "")
	}
	status := http.StatusOK
	q, problem := r.query(v, f)
	if problem != "" {
		page.Problem, status = problem, http.StatusUnprocessableEntity
	} else if !r.find(v, &page, q, after) {
		return
	}
	title := "Records"
	if f.Conversation != "" {
		title = "Conversation " + f.Conversation
	}
	v.show(status, "records.html", "/records", title, after == "" && status == http.StatusOK, page)
}

// find fills in the lines of a page. Where that fails, it has answered and returns false.
func (r recordPages) find(v *visit, page *recordsPage, q records.Query, after string) bool {
	var err error
	if page.Behind, err = r.update(v.Context()); err != nil {
		v.broken("the records cannot be indexed", err)
		return false
	}
	ctx, stop := context.WithTimeout(v.Context(), searchFor)
	defer stop()
	page.Names, err = r.config.Records.Names(ctx)
	var found []records.Found
	var more bool
	if err == nil {
		found, more, err = r.config.Records.Find(ctx, q, after, recordsOnPage)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		page.Problem = "The search took longer than 5 seconds. Choose a shorter time, or add an agent, a person or a conversation."
		return true
	case err != nil:
		v.broken("the records cannot be searched", err)
		return false
	}
	page.Lines = r.lines(v, found)
	if more && len(found) > 0 {
		page.More = page.address("/records", found[len(found)-1].ID)
	}
	return true
}
