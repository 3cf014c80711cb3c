package dixaclient

import (
	"cmp"
	"fmt"
)

// WebhookAuthorization is how a webhook's requests prove themselves to their receiver.
type WebhookAuthorization string

// Values returns the three kinds of Dixa's union.
func (WebhookAuthorization) Values() []string { return []string{"NoAuth", "BasicAuth", "TokenAuth"} }

// WebhookHeader is a header that a webhook sends.
type WebhookHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// WebhookFilterField is what a webhook's filter looks at.
type WebhookFilterField string

// Values returns the three fields. InitialChannel has values such as email and pstn_phone, OperationOrigin such as ApiImport.
func (WebhookFilterField) Values() []string {
	return []string{"InitialChannel", "QueueId", "OperationOrigin"}
}

// WebhookFilterOperator is how a webhook's filter compares.
type WebhookFilterOperator string

// Values returns the two operators.
func (WebhookFilterOperator) Values() []string { return []string{"IsOneOf", "IsNotOneOf"} }

// WebhookFilter is one condition on the events of an entity; Dixa documents only the entity Conversation.
type WebhookFilter struct {
	Entity   string                `json:"entity,omitzero" jsonschema_description:"default Conversation"`
	Field    WebhookFilterField    `json:"field"`
	Operator WebhookFilterOperator `json:"operator"`
	Values   []string              `json:"values" check:"min=1"`
}

// WebhookSettings are the optional arguments of a webhook. In a change, what is nil stays and an empty list clears.
type WebhookSettings struct {
	Username       string          `json:"username,omitzero" jsonschema_description:"BasicAuth"`
	Password       string          `json:"password,omitzero" jsonschema_description:"BasicAuth"`
	Token          string          `json:"token,omitzero" jsonschema_description:"TokenAuth"`
	CustomHeaders  []WebhookHeader `json:"customHeaders,omitzero"`
	Enabled        *bool           `json:"enabled,omitzero"`
	Filters        []WebhookFilter `json:"filters,omitzero"`
	FilterStrategy SearchStrategy  `json:"filterStrategy,omitzero" jsonschema_description:"default All"`
}

// CreateWebhookIn is a new subscription.
type CreateWebhookIn struct {
	Authorization WebhookAuthorization `json:"authorization"`
	Name          string               `json:"name"`
	URL           string               `json:"url" named:"*"`
	Events        Set[WebhookEvent]    `json:"events,omitzero"`
	WebhookSettings
}

// Body returns Dixa's form of the subscription. Dixa wants custom headers even where there are none.
func (in CreateWebhookIn) Body() (any, error) {
	if in.CustomHeaders == nil {
		in.CustomHeaders = []WebhookHeader{}
	}
	return in.body(webhookBody{Name: &in.Name, URL: &in.URL, Events: in.Events}, in.Authorization)
}

// UpdateWebhookIn changes what is given and leaves the rest.
type UpdateWebhookIn struct {
	WebhookRef
	Authorization WebhookAuthorization `json:"authorization,omitzero"`
	Name          *string              `json:"name,omitzero"`
	URL           *string              `json:"url,omitzero" named:"*"`
	Events        Set[WebhookEvent]    `json:"events,omitzero"`
	WebhookSettings
}

// Body returns Dixa's form of the change.
func (in UpdateWebhookIn) Body() (any, error) {
	return in.body(webhookBody{Name: in.Name, URL: in.URL, Events: in.Events}, in.Authorization)
}

// webhookBody is Dixa's form of a subscription; what is nil is not sent.
type webhookBody struct {
	Name          *string                     `json:"name,omitzero"`
	URL           *string                     `json:"url,omitzero"`
	Events        Set[WebhookEvent]           `json:"events,omitzero"`
	Authorization *webhookAuth                `json:"authorization,omitzero"`
	CustomHeaders map[string]string           `json:"customHeaders,omitzero"`
	Enabled       *bool                       `json:"enabled,omitzero"`
	Filters       map[string]*combinedFilters `json:"filters,omitzero"`
}

type webhookAuth struct {
	Type     WebhookAuthorization `json:"_type"`
	Username string               `json:"username,omitzero"`
	Password string               `json:"password,omitzero"`
	Value    string               `json:"value,omitzero"`
}

type combinedFilters struct {
	Type       string             `json:"_type"`
	Strategy   SearchStrategy     `json:"strategy"`
	Conditions []webhookCondition `json:"conditions"`
}

type webhookCondition struct {
	Type   WebhookFilterOperator `json:"_type"`
	Field  WebhookFilterField    `json:"field"`
	Values []string              `json:"values"`
}

var webhookArguments = map[WebhookAuthorization]arguments{
	"":          {},
	"NoAuth":    {},
	"BasicAuth": {needs: "username password"},
	"TokenAuth": {needs: "token"},
}

// body adds the settings to a subscription.
func (s WebhookSettings) body(b webhookBody, auth WebhookAuthorization) (any, error) {
	kind := string(auth)
	if kind == "" {
		kind = "a change without authorization"
	}
	err := webhookArguments[auth].check(kind, map[string]bool{"username": s.Username != "", "password": s.Password != "", "token": s.Token != ""})
	if err != nil {
		return nil, err
	}
	if auth != "" {
		b.Authorization = &webhookAuth{auth, s.Username, s.Password, s.Token}
	}
	b.Enabled = s.Enabled
	if s.CustomHeaders != nil {
		b.CustomHeaders = map[string]string{}
	}
	for _, h := range s.CustomHeaders {
		if _, twice := b.CustomHeaders[h.Name]; twice {
			return nil, &InputError{Field: "customHeaders", Problem: fmt.Sprintf("may name a header once, not twice %s", h.Name)}
		}
		b.CustomHeaders[h.Name] = h.Value
	}
	for i, f := range s.Filters {
		for _, v := range f.Values {
			if err := UUID(v).Check(); f.Field == "QueueId" && err != nil {
				return nil, &InputError{Field: fmt.Sprintf("filters[%d]", i), Problem: fmt.Sprintf("does not fit: values of QueueId must be %v, not %q", err, v)}
			}
		}
	}
	b.Filters = s.filters()
	return b, nil
}

// filters groups the conditions by their entity.
func (s WebhookSettings) filters() map[string]*combinedFilters {
	if s.Filters == nil {
		return nil
	}
	byEntity := map[string]*combinedFilters{}
	for _, f := range s.Filters {
		entity := cmp.Or(f.Entity, "Conversation")
		if byEntity[entity] == nil {
			byEntity[entity] = &combinedFilters{Type: "CombinedFilters", Strategy: cmp.Or(s.FilterStrategy, "All")}
		}
		c := byEntity[entity]
		c.Conditions = append(c.Conditions, webhookCondition{f.Operator, f.Field, f.Values})
	}
	return byEntity
}
