package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/web"
)

// Item is a request in a list: without its text, which is a customer's correspondence.
type Item struct {
	Number       string         `json:"number"`
	State        approval.State `json:"state"`
	Agent        string         `json:"agent"`
	Tool         string         `json:"tool"`
	Level        string         `json:"level"`
	Conversation int64          `json:"conversation,omitzero"`
	Created      time.Time      `json:"created"`
	Expires      time.Time      `json:"expires"`
	Approver     string         `json:"approver,omitzero"`
	KeyID        string         `json:"keyId,omitzero"`
	Decided      time.Time      `json:"decided,omitzero"`
	Reason       string         `json:"reason,omitzero"`
	Outcome      string         `json:"outcome,omitzero"`
}

// ItemOf gives what a list shows of a request.
func ItemOf(r approval.Request) Item {
	return Item{r.Number, r.State, r.Agent, r.Tool, r.Level, r.Conversation, r.Created, r.Expires, r.Approver, r.KeyID, r.Decided, r.Reason, r.Outcome}
}

// Whole is a request with all that would be sent.
type Whole struct {
	Item
	Effect    string          `json:"effect,omitzero"`
	Arguments json.RawMessage `json:"arguments,omitzero"`
	Rules     string          `json:"rules"`     // digest of the capability file when it asked
	RulesNow  string          `json:"rulesNow"`  // and now
	MayDecide bool            `json:"mayDecide"` // whoever asks may decide about it
	DecidesAs string          `json:"you"`       // the approver whose key it is
}

// Whole gives all of a request, and what the approver may do with it.
func (d *Desk) Whole(r approval.Request) Whole {
	return Whole{ItemOf(r), r.Effect, r.Arguments, r.Rules, d.Rules.Digest(), d.May(r) == nil, d.Who.Name}
}

// Items is a list of requests.
type Items struct {
	Approvals  []Item `json:"approvals"`
	Unreadable bool   `json:"unreadable,omitzero"` // some more cannot be read
}

// listApprovals gives those that wait, the oldest first; with ?all=true also those of the last week.
func (p *port) listApprovals(d *Desk, w http.ResponseWriter, r *http.Request) {
	states := []approval.State{approval.Pending}
	if r.URL.Query().Get("all") == "true" {
		states = nil
	}
	list, err := d.Store.List(r.Context(), states...)
	if err != nil && len(list) == 0 {
		p.broken(w, "the approvals cannot be read", err)
		return
	}
	if err != nil {
		p.Log.Error("admin port: some approvals cannot be read", "error", err)
	}
	items := make([]Item, len(list))
	for i, r := range list {
		items[i] = ItemOf(r)
	}
	answer(w, Items{items, err != nil})
}

func (p *port) showApproval(d *Desk, w http.ResponseWriter, r *http.Request) {
	found, err := d.Get(r.Context(), r.PathValue("number"))
	if err != nil {
		p.undecided(w, err)
		return
	}
	answer(w, d.Whole(found))
}

// decide is a yes or a no.
func (p *port) decide(approve bool) func(*Desk, http.ResponseWriter, *http.Request) {
	return func(d *Desk, w http.ResponseWriter, r *http.Request) {
		why, ok := reason(w, r)
		if !ok {
			return
		}
		ctx := context.WithoutCancel(r.Context()) // what is recorded must be decided
		found, err := d.Get(ctx, r.PathValue("number"))
		if err == nil {
			found, err = d.Decide(ctx, p.Audit, found, approve, why)
		}
		if err != nil {
			p.undecided(w, err)
			return
		}
		answer(w, ItemOf(found))
	}
}

// undecided says why nothing was decided. What is not about the request itself is the operator's to know.
func (p *port) undecided(w http.ResponseWriter, err error) {
	status := 0
	switch {
	case errors.As(err, new(*NotFoundError)):
		status = http.StatusNotFound
	case errors.As(err, new(*MayNotError)):
		status = http.StatusForbidden
	case errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired):
		status = http.StatusConflict
	default:
		p.broken(w, "nothing was decided: the approvals or the records do not work", err)
		return
	}
	web.Refuse(w, status, err.Error())
}
