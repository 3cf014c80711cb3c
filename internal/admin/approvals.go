package admin

import (
	"context"
	"errors"
	"net/http"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/web"
)

// listApprovals answers with the pending requests, oldest first; with ?all=true also those of the last week. Drafts have a list
// of their own.
func (p *port) listApprovals(s *approver.Session, w http.ResponseWriter, r *http.Request) {
	p.list(s, w, r, false)
}

// listDrafts answers with the drafts that an approver can send, as listApprovals does.
func (p *port) listDrafts(s *approver.Session, w http.ResponseWriter, r *http.Request) {
	p.list(s, w, r, true)
}

func (p *port) list(s *approver.Session, w http.ResponseWriter, r *http.Request, drafts bool) {
	list, err := s.List(r.Context(), r.URL.Query().Get("all") == "true", drafts)
	if err != nil && len(list) == 0 {
		p.broken(w, "the approvals cannot be read", err)
		return
	}
	if err != nil {
		p.Log.Error("admin port: some approvals cannot be read", "error", err)
	}
	answer(w, approver.Items{Approvals: approver.ItemsOf(list), Unreadable: err != nil})
}

func (p *port) showApproval(s *approver.Session, w http.ResponseWriter, r *http.Request) {
	found, err := s.Get(r.Context(), r.PathValue("number"))
	if err != nil {
		p.undecided(w, err)
		return
	}
	answer(w, s.Look(r.Context(), found))
}

// decide returns the handler that approves or denies a request.
func (p *port) decide(approve bool) func(*approver.Session, http.ResponseWriter, *http.Request) {
	return func(s *approver.Session, w http.ResponseWriter, r *http.Request) {
		v := approver.Verdict{Approve: approve}
		if approve {
			var said decision
			if !read(w, r, &said, `{"reason": "...", "text": "...", "send": true}`, &said.said) {
				return
			}
			v.Reason, v.Text, v.Send = said.Reason, said.Text, said.Send
		} else {
			why, ok := reason(w, r)
			if !ok {
				return
			}
			v.Reason = why
		}
		ctx := context.WithoutCancel(r.Context()) // what is recorded must be decided
		found, err := s.Get(ctx, r.PathValue("number"))
		var result approver.Result
		if err == nil {
			result, err = s.Decide(ctx, p.Audit, found, v)
		}
		if err != nil {
			p.undecided(w, err)
			return
		}
		answer(w, result.Decided())
	}
}

// undecided answers that nothing was decided, and why. What is not about the request itself only the log says.
func (p *port) undecided(w http.ResponseWriter, err error) {
	status := 0
	switch {
	case errors.As(err, new(*approver.NotFoundError)):
		status = http.StatusNotFound
	case errors.As(err, new(*approver.NotAllowedError)), errors.As(err, new(*approver.OwnError)), errors.As(err, new(*approver.NotAskedError)):
		status = http.StatusForbidden
	case errors.As(err, new(*approver.EditError)), errors.As(err, new(*approver.SendError)):
		status = http.StatusUnprocessableEntity
	case errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired):
		status = http.StatusConflict
	default:
		p.broken(w, "nothing was decided: the approvals or the records do not work", err)
		return
	}
	web.Refuse(w, status, err.Error())
}
