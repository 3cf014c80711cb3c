package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

// Name is that of the subscriptions that are made here.
const Name = "dixa-mcp events"

// Manager keeps the subscription of a server.
type Manager struct {
	Client  *dixaclient.Client
	Secrets Secrets
	API     string // address of the Dixa of the client
	Now     func() time.Time
}

// subscribed is a subscription as Dixa has it, with its secrets.
type subscribed struct {
	dixaclient.Webhook
	SecretKey string            `json:"secretKey"`
	Headers   map[string]string `json:"headers"`
	Filters   map[string]filter `json:"filters"`
}

// filter is what a subscription sends of an entity.
type filter struct {
	Strategy   string      `json:"strategy"`
	Conditions []condition `json:"conditions"`
}

type condition struct {
	Type   string   `json:"_type"`
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

// Wanted is what a subscription is to be.
type Wanted struct {
	URL string
	// Channels and Queues are those of the conversations whose events are sent, as Dixa's filters have them: email, pstn_phone, and the
	// ids of queues; [Everything] alone is for no filter. Without both, the filters of the last set-up are wanted, and if there were
	// none, those that people chose in Dixa stay.
	Channels, Queues []string
	// Headers are sent with each delivery, beside those that people chose in Dixa.
	Headers []dixaclient.WebhookHeader
	// Rotate replaces the subscription that there is by a new one, with a new secret and token.
	Rotate bool
}

// Everything, in place of channels or queues, is for conversations of all of them.
const Everything = "all"

// filters returns the conditions that are wanted, nil for those that there are.
func (w Wanted) filters() (all []dixaclient.WebhookFilter) {
	for _, f := range []dixaclient.WebhookFilter{{Field: "InitialChannel", Values: w.Channels}, {Field: "QueueId", Values: w.Queues}} {
		switch {
		case len(f.Values) == 0:
		case f.Values[0] == Everything:
			if all == nil {
				all = []dixaclient.WebhookFilter{}
			}
		default:
			f.Operator = "IsOneOf"
			all = append(all, f)
		}
	}
	return all
}

// orElse returns what is wanted, with the filters of the last set-up if none are given.
func (w Wanted) orElse(s Subscription) Wanted {
	if len(w.Channels)+len(w.Queues) == 0 {
		w.Channels, w.Queues = s.Channels, s.Queues
	}
	return w
}

// isFiltered reports whether a subscription has exactly the filters that are wanted, or none are.
func (w Wanted) isFiltered(s subscribed) bool {
	wanted, has := w.filters(), s.Filters["Conversation"]
	if wanted == nil || len(wanted) == 0 && len(s.Filters) == 0 {
		return true
	}
	if len(s.Filters) != 1 || len(has.Conditions) != len(wanted) || len(wanted) > 1 && has.Strategy != "All" {
		return false
	}
	for _, f := range wanted {
		same := func(c condition) bool {
			return c.Type == string(f.Operator) && c.Field == string(f.Field) && slices.Equal(slices.Sorted(slices.Values(c.Values)), slices.Sorted(slices.Values(f.Values)))
		}
		if !slices.ContainsFunc(has.Conditions, same) {
			return false
		}
	}
	return true
}

// ErrAnotherDixa means that there are subscriptions of another Dixa, whose events would be mixed.
var ErrAnotherDixa = errors.New("what is set up here receives the webhooks of another Dixa")

// known returns the subscriptions that are stored.
func (m *Manager) known() ([]Subscription, error) {
	all, err := m.Secrets.Subscriptions()
	for _, s := range all {
		if s.API != m.API {
			return nil, fmt.Errorf("%w, at %s: use another --state or --redis, or dixa-mcp webhooks remove with --base-url %s; if it no longer exists, delete %s; nothing was changed", ErrAnotherDixa, s.API, s.API, m.Secrets.Place())
		}
	}
	return all, err
}

// list returns the subscriptions that Dixa has.
func (m *Manager) list(ctx context.Context) ([]subscribed, error) {
	a, err := dixaclient.ListWebhooks.Do(ctx, m.Client, dixaclient.NoArguments{})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data []subscribed `json:"data"`
	}
	return answer.Data, readable(json.Unmarshal(a.Raw, &answer))
}

// readable keeps the text of an answer, which has secrets, out of an error.
func readable(err error) error {
	if err != nil {
		return errors.New("what Dixa answered about its webhooks cannot be read")
	}
	return nil
}

// Plan is what is to be done so that a subscription sends everything to an address.
type Plan struct {
	ID      string   `json:"subscription"` // "" before it is made
	URL     string   `json:"url"`
	Changes []string `json:"changes"` // in words; none if all is as it should be
	Notes   []string `json:"notes,omitempty"`

	m      *Manager
	wanted Wanted
	stored []Subscription // of the file
	live   subscribed     // of Dixa
	old    subscribed     // of Dixa, to be replaced
	create bool
	retire []Subscription // to be replaced by a new one
	forget []string       // ids in the file that Dixa no longer has
}

// Plan compares what Dixa has with what is wanted.
func (m *Manager) Plan(ctx context.Context, wanted Wanted) (*Plan, error) {
	wanted.Channels, wanted.Queues = slices.Compact(slices.Sorted(slices.Values(wanted.Channels))), slices.Compact(slices.Sorted(slices.Values(wanted.Queues)))
	stored, err := m.known()
	if err != nil {
		return nil, err
	}
	there, err := m.list(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{URL: wanted.URL, Changes: []string{}, m: m, wanted: wanted, stored: stored, create: true}
	for _, s := range stored {
		if !slices.ContainsFunc(there, func(w subscribed) bool { return s.is(w) }) && len(s.current()) > 0 {
			p.forget = append(p.forget, s.ID)
			p.change("forget subscription %s, which Dixa no longer has", s.ID)
		}
	}
	for _, w := range there {
		ours := slices.ContainsFunc(stored, func(s Subscription) bool { return s.is(w) && len(s.current()) > 0 })
		switch {
		case !ours && w.URL != wanted.URL:
		case p.create:
			p.create, p.live = false, w
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("subscription %s (%s) sends to this server, too: its events come twice and are stored once; delete it in Dixa", w.ID, w.Name))
		}
	}
	if !p.create && wanted.Rotate {
		p.create = true
		p.retire = []Subscription{p.of(string(p.live.ID))}
		p.wanted = p.wanted.orElse(p.retire[0])
		p.change("replace subscription %s, whose secret and token stay valid for %d hours", p.live.ID, int(Tolerance.Hours()))
		p.old, p.live = p.live, subscribed{}
	}
	p.compare()
	return p, nil
}

func (p *Plan) change(format string, args ...any) {
	p.Changes = append(p.Changes, fmt.Sprintf(format, args...))
}

// compare notes what is to be changed.
func (p *Plan) compare() {
	if p.create {
		p.change("create a subscription to %d events, which sends to %s", len(events.Needed()), p.URL)
		p.filter()
		return
	}
	w, s := p.live, p.of(string(p.live.ID))
	p.ID, p.wanted = string(w.ID), p.wanted.orElse(s)
	if w.URL != p.URL {
		p.change("send to %s instead of %s", p.URL, w.URL)
	}
	if missing := p.missing(); len(missing) > 0 {
		p.change("add the events %s", strings.Join(missing, ", "))
	}
	if !p.wanted.isFiltered(w) {
		p.filter()
	}
	if names := p.lacking(); len(names) > 0 {
		p.change("send the headers %s", strings.Join(names, ", "))
	}
	if !w.Enabled {
		p.change("enable it")
	}
	if !s.hasToken(w) {
		p.change("set a new bearer token")
	}
	if !slices.Contains(s.current(), w.SecretKey) {
		p.change("store its secret")
	}
	if s.URL != p.URL && w.URL == p.URL {
		p.change("store its address")
	}
	if p.wanted.isFiltered(w) && (!slices.Equal(s.Channels, p.wanted.Channels) || !slices.Equal(s.Queues, p.wanted.Queues)) {
		p.change("store its filters")
	}
}

// lacking names the headers that the subscription does not send as they are wanted.
func (p *Plan) lacking() (names []string) {
	for _, h := range p.wanted.Headers {
		same := func(one dixaclient.WebhookHeader) bool {
			return strings.EqualFold(one.Name, h.Name) && one.Value == h.Value
		}
		if !slices.ContainsFunc(p.live.custom(), same) {
			names = append(names, h.Name)
		}
	}
	return names
}

// custom returns the headers of a subscription other than its token, by name.
func (s subscribed) custom() (all []dixaclient.WebhookHeader) {
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		if !strings.EqualFold(name, "Authorization") {
			all = append(all, dixaclient.WebhookHeader{Name: name, Value: s.Headers[name]})
		}
	}
	return all
}

// headers returns those of a subscription with the ones that are wanted.
func (w Wanted) headers(there []dixaclient.WebhookHeader) []dixaclient.WebhookHeader {
	all := slices.Clone(w.Headers)
	for _, h := range there {
		if !slices.ContainsFunc(w.Headers, func(one dixaclient.WebhookHeader) bool { return strings.EqualFold(one.Name, h.Name) }) {
			all = append(all, h)
		}
	}
	return all
}

// filter notes which filters are to be set, if any are wanted.
func (p *Plan) filter() {
	wanted := p.wanted.filters()
	if wanted != nil && len(wanted) == 0 && !p.create {
		p.change("send events of all conversations")
	}
	for _, f := range wanted {
		p.change("send only events of conversations whose %s is one of %s", f.Field, strings.Join(f.Values, ", "))
	}
}

// missing returns the events that the subscription lacks.
func (p *Plan) missing() (all []string) {
	for _, e := range events.Needed() {
		if !slices.Contains(p.live.SubscribedEvents, e) {
			all = append(all, string(e))
		}
	}
	return all
}

// of returns what is stored of a subscription.
func (p *Plan) of(id string) Subscription {
	for _, s := range p.stored {
		if strings.EqualFold(s.ID, id) {
			return s
		}
	}
	return Subscription{ID: id, API: p.m.API}
}

// is reports whether a subscription is the one that Dixa has.
func (s Subscription) is(w subscribed) bool { return strings.EqualFold(s.ID, string(w.ID)) }

// current returns the secrets of the subscription now. One that was replaced has none, though its deliveries may still come.
func (s Subscription) current() (secrets []string) {
	for _, k := range s.Secret {
		if k.Until.IsZero() {
			secrets = append(secrets, k.Value)
		}
	}
	return secrets
}

// hasToken reports whether Dixa sends the token whose hash is stored.
func (s Subscription) hasToken(w subscribed) bool {
	for name, value := range w.Headers {
		scheme, token, _ := strings.Cut(value, " ")
		if strings.EqualFold(name, "Authorization") && strings.EqualFold(scheme, "Bearer") {
			return slices.ContainsFunc(s.Token, func(k Key) bool { return k.Until.IsZero() && k.Value == hash(token) })
		}
	}
	return false
}
