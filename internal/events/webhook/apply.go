package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
)

// Apply does what is planned. Secrets are stored before Dixa uses them: a subscription is made disabled and enabled when its secret
// is stored, so that no delivery is refused.
func (p *Plan) Apply(ctx context.Context) error {
	if len(p.Changes) == 0 {
		return nil
	}
	now := p.m.Now()
	p.stored = slices.DeleteFunc(slices.Clone(p.stored), func(s Subscription) bool {
		return slices.Contains(p.forget, s.ID) || len(valid(s.Secret, now)) == 0
	})
	token := rand.Text() + rand.Text()
	change := dixaclient.UpdateWebhookIn{}
	if p.create {
		if err := p.make(ctx, token); err != nil {
			return err
		}
	}
	s := p.of(string(p.live.ID))
	s.URL, s.Channels, s.Queues = p.URL, p.wanted.Channels, p.wanted.Queues
	if p.live.SecretKey == "" { // nothing could be verified
		return fmt.Errorf("subscription %s has no secret in Dixa's answer, so that nothing could be received from it", p.live.ID)
	}
	if !slices.Contains(s.current(), p.live.SecretKey) || len(s.current()) > 1 {
		s.Secret = replace(s.Secret, p.live.SecretKey, now, now.Add(Tolerance))
	}
	if p.create || !s.hasToken(p.live) {
		s.Token = replace(s.Token, hash(token), now, now.Add(Tolerance))
		if !p.create {
			change.Authorization, change.Token = "TokenAuth", token
		}
	}
	p.stored = with(p.stored, s)
	for _, old := range p.retire {
		old.Secret, old.Token = end(old.Secret, now.Add(Tolerance)), end(old.Token, now.Add(Tolerance))
		p.stored = with(p.stored, old)
	}
	if err := p.m.Secrets.Write(ctx, p.stored); err != nil {
		return err
	}
	if err := p.update(ctx, change); err != nil {
		return err
	}
	for _, old := range p.retire {
		if err := p.m.delete(ctx, old.ID); err != nil {
			return err
		}
	}
	return nil
}

// end lets keys be valid until a time.
func end(keys []Key, until time.Time) (all []Key) {
	for _, k := range keys {
		if k.Until.IsZero() {
			k.Until = until
		}
		all = append(all, k)
	}
	return all
}

// chosen returns the filters of a subscription as they are given for another one.
func (s subscribed) chosen() (all []dixaclient.WebhookFilter, strategy dixaclient.SearchStrategy) {
	for entity, f := range s.Filters {
		strategy = dixaclient.SearchStrategy(f.Strategy)
		for _, c := range f.Conditions {
			all = append(all, dixaclient.WebhookFilter{
				Entity: entity, Field: dixaclient.WebhookFilterField(c.Field), Operator: dixaclient.WebhookFilterOperator(c.Type), Values: c.Values,
			})
		}
	}
	return all, strategy
}

// make makes a subscription that sends nothing yet. It has the events, filters and headers of the one that it replaces.
func (p *Plan) make(ctx context.Context, token string) error {
	disabled := false
	in := dixaclient.CreateWebhookIn{
		Authorization: "TokenAuth", Name: Name, URL: p.URL, Events: append(slices.Clone(p.old.SubscribedEvents), events.Needed()...),
		WebhookSettings: dixaclient.WebhookSettings{Token: token, Enabled: &disabled, Filters: p.wanted.filters()},
	}
	if in.Filters == nil {
		in.Filters, in.FilterStrategy = p.old.chosen()
	}
	in.CustomHeaders = p.wanted.headers(p.old.custom())
	a, err := dixaclient.CreateWebhook.Do(ctx, p.m.Client, in)
	if err != nil {
		return err
	}
	var answer struct {
		Data subscribed `json:"data"`
	}
	if err := readable(json.Unmarshal(a.Raw, &answer)); err != nil {
		return err
	}
	p.live, p.ID = answer.Data, string(answer.Data.ID)
	return nil
}

// update changes what differs at Dixa. Further events that people chose there stay, and so do filters unless others are wanted.
func (p *Plan) update(ctx context.Context, change dixaclient.UpdateWebhookIn) error {
	needed := change.Authorization != ""
	change.WebhookSubscriptionID = p.live.ID
	if p.live.URL != p.URL {
		change.URL, needed = &p.URL, true
	}
	if len(p.missing()) > 0 {
		change.Events, needed = append(slices.Clone(p.live.SubscribedEvents), events.Needed()...), true
	}
	if filters := p.wanted.filters(); filters != nil && !p.wanted.isFiltered(p.live) {
		change.Filters, needed = filters, true
	}
	if len(p.lacking()) > 0 {
		change.CustomHeaders, needed = p.wanted.headers(p.live.custom()), true
	}
	if !p.live.Enabled {
		enabled := true
		change.Enabled, needed = &enabled, true
	}
	if !needed {
		return nil
	}
	_, err := dixaclient.UpdateWebhook.Do(ctx, p.m.Client, change)
	return err
}

// delete deletes a subscription, if Dixa has it.
func (m *Manager) delete(ctx context.Context, id string) error {
	_, err := dixaclient.DeleteWebhook.Do(ctx, m.Client, dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(id)})
	if dixaclient.IsNotFound(err) {
		return nil
	}
	return err
}

// Ours returns the ids of the subscriptions in the file that are in use.
func (m *Manager) Ours() (ids []string, err error) {
	all, err := m.known()
	for _, s := range all {
		if len(s.current()) > 0 {
			ids = append(ids, s.ID)
		}
	}
	return ids, err
}

// Remove deletes the subscriptions at Dixa, and then what proves their deliveries.
func (m *Manager) Remove(ctx context.Context) error {
	all, err := m.known()
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := m.delete(ctx, s.ID); err != nil {
			return err
		}
	}
	return m.Secrets.Write(ctx, nil)
}
