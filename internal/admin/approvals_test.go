package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
)

func TestApprovals(t *testing.T) {
	o := newOffice(t)
	first := o.park(1234)
	status, body := o.ask("joe", "GET", "/approvals", "")
	require.Equal(t, http.StatusUnauthorized, status, body)
	status, body = o.ask("bar", "GET", "/approvals", "")
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, "secret", "no text in the list")
	var list struct{ Approvals []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	require.Len(t, list.Approvals, 1)
	require.Equal(t, first.Number, list.Approvals[0]["number"])
	require.Equal(t, "pending", list.Approvals[0]["state"])
	require.EqualValues(t, 1234, list.Approvals[0]["conversation"])

	status, body = o.ask("bar", "GET", "/approvals/"+strings.ToLower(first.Number), "")
	require.Equal(t, http.StatusOK, status)
	var shown struct {
		Arguments                    struct{ Text string }
		Effect, Rules, RulesNow, You string
		MayDecide                    bool
	}
	require.NoError(t, json.Unmarshal([]byte(body), &shown))
	require.Contains(t, shown.Arguments.Text, "your secret refund", "the whole text")
	require.Equal(t, "send a secret message", shown.Effect)
	require.Equal(t, o.rules.Digest(), shown.RulesNow)
	require.Equal(t, first.Rules, shown.Rules)
	require.Equal(t, "joe", shown.You)
	require.False(t, shown.MayDecide)

	status, body = o.ask("foo", "POST", "/approvals/"+first.Number+"/approve", `{"reason":"looks right"}`)
	require.Equal(t, http.StatusOK, status, body)
	require.NotContains(t, body, "secret")
	require.Contains(t, body, `"approver":"anna.holm","keyId":"2c26b46b"`)
	require.Contains(t, body, `"reason":"looks right"`)
	require.Equal(t, approval.Approved, o.state(first.Number))
	require.Len(t, o.records, 1)
	require.Equal(t, audit.EventApproved, o.records[0].Event)
	require.Equal(t, "anna.holm", o.records[0].Approver)
	require.Equal(t, "2c26b46b", o.records[0].ApproverKey)
	require.Equal(t, "anna.holm approved "+first.Number+", for which support had asked: send_message in conversation 1234", o.records[0].Text)

	status, _ = o.ask("foo", "POST", "/approvals/"+first.Number+"/approve", "")
	require.Equal(t, http.StatusOK, status, "the same again changes nothing")
	status, body = o.ask("foo", "POST", "/approvals/"+first.Number+"/deny", "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, body, "was approved by anna.holm at ")
	require.Len(t, o.records, 1)

	second := o.park(0)
	status, body = o.ask("foo", "POST", "/approvals/"+second.Number+"/deny", "")
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, approval.Denied, o.state(second.Number))
	require.Equal(t, "anna.holm denied "+second.Number+", for which support had asked: send_message", o.records[1].Text)

	_, body = o.ask("foo", "GET", "/approvals", "")
	require.Equal(t, `{"approvals":[]}`, body)
	_, body = o.ask("foo", "GET", "/approvals?all=true", "")
	require.Contains(t, body, first.Number)
	require.Contains(t, body, second.Number)
	_, body = o.ask("foo", "GET", "/approvals/"+second.Number, "")
	require.NotContains(t, body, "secret", "its text was deleted")
}

func TestApprovalsRefuse(t *testing.T) {
	o := newOffice(t)
	r := o.park(1234)
	short := approvaltest.Request(t, 5)
	short.Expires = o.clock.Now().Add(time.Minute)
	late, err := o.store.Park(t.Context(), short)
	require.NoError(t, err)
	o.clock.Advance(time.Hour)
	for name, c := range map[string]struct {
		key, number, body string
		status            int
		want              string
	}{
		"another level":  {"bar", r.Number, "", 403, "joe may not decide about " + r.Number + ": its level is send, which is not under may of approvers.joe"},
		"no such number": {"foo", r.Number[:5] + "0", "", 404, "did you mean " + r.Number + "?"},
		"nonsense":       {"foo", "A-%3Cb%3E", "", 404, `no call has the number \"A-<B>\"`},
		"expired":        {"foo", late.Number, "", 409, "the agent must ask again"},
		"no JSON":        {"foo", r.Number, "yes", 400, "the body must be"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, what := range []string{"/approve", "/deny"} {
				status, body := o.ask(c.key, "POST", "/approvals/"+c.number+what, c.body)
				require.Equal(t, c.status, status, body)
				require.Contains(t, body, c.want)
				require.NotContains(t, body, "secret")
			}
		})
	}
	require.Empty(t, o.records)

	o.refuse = errors.New("the disk is full")
	status, body := o.ask("foo", "POST", "/approvals/"+r.Number+"/approve", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "nothing was decided")
	require.NotContains(t, body, "disk")
	require.Equal(t, approval.Pending, o.state(r.Number))
}

// Two approvers at once: one decision holds, and each is told the truth.
func TestApprovalsDecidedAtOnce(t *testing.T) {
	o := newOffice(t)
	o.govern(strings.Replace(file, "may: [erase]", "may: [send]", 1))
	number := o.park(1234).Number
	log := &locked{o: o}
	var all sync.WaitGroup
	for key, approve := range map[string]bool{"foo": true, "bar": false} {
		all.Go(func() {
			d, ok := approver.Authenticate(o.rules, []byte(key), o.store)
			if !ok {
				t.Error("no approver")
				return
			}
			r, err := d.Get(t.Context(), number)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = d.Decide(t.Context(), log, r, approver.Verdict{Approve: approve})
			if now := o.state(number); (err == nil) != (approve == (now == approval.Approved)) {
				t.Errorf("%s was told %v, and it is %s", key, err, now)
			}
		})
	}
	all.Wait()
	require.GreaterOrEqual(t, len(o.records), 1)
}

type locked struct {
	sync.Mutex
	o *office
}

func (l *locked) Write(ctx context.Context, r audit.Record) error {
	l.Lock()
	defer l.Unlock()
	return l.o.Write(ctx, r)
}

// stub reads and sends in Dixa's place.
type stub struct {
	o     *office
	fails error
}

func (d *stub) Review(_ context.Context, r approval.Request, who, _ string) approval.Review {
	return approval.Review{Live: true, Subject: "read by " + who, Conversation: r.Conversation}
}

func (d *stub) Send(ctx context.Context, r approval.Request, by string) (approval.Request, string, error) {
	if d.fails != nil {
		return r, "", d.fails
	}
	now, err := d.o.store.Send(ctx, r.Agent, r.Digest, by)
	if err != nil {
		return r, "", err
	}
	return *now, "sent: " + max(now.NewText, now.Text), nil
}

// An approver sees the conversation, changes the text, and sends, at the admin port as anywhere.
func TestEditAndSendAtThePort(t *testing.T) {
	dixa := &stub{}
	o := newOffice(t, func(c *Config) { c.Reviewer, c.Sender = dixa, dixa })
	dixa.o = o
	park := func(conversation int64) approval.Request {
		r := approvaltest.Request(t, conversation)
		r.Text = "Dear <Anna>,\nyour secret refund"
		parked, err := o.store.Park(t.Context(), r)
		require.NoError(t, err)
		return parked
	}
	first := park(1234)
	path := "/approvals/" + first.Number
	_, body := o.ask("foo", "GET", path, "")
	require.Contains(t, body, `"subject":"read by anna.holm"`)
	require.Contains(t, body, `"maySend":false`)
	status, body := o.ask("foo", "POST", path+"/approve", `{"send":true}`)
	require.Equal(t, http.StatusUnprocessableEntity, status, body)
	require.Contains(t, body, "on_approval: send")
	status, body = o.ask("foo", "POST", path+"/approve", `{"text":"  "}`)
	require.Equal(t, http.StatusUnprocessableEntity, status, body)
	status, _ = o.ask("foo", "POST", path+"/deny", `{"text":"x"}`)
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = o.ask("foo", "POST", path+"/approve", `{"text":"`+strings.Repeat("x", 300<<10)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Equal(t, approval.Pending, o.state(first.Number))
	require.Empty(t, o.records)

	o.govern(strings.Replace(file, "confirm: {send: approver}", "confirm: {send: approver}, on_approval: send", 1))
	status, body = o.ask("foo", "POST", path+"/approve", `{"text":"Dear Anna, soon","send":true}`)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"sentBy":"anna.holm"`)
	require.Contains(t, body, `"answer":"sent: Dear Anna, soon"`)
	require.NotNil(t, o.records[0].Edited)

	second := park(1235)
	dixa.fails = errors.New("a message arrived")
	status, body = o.ask("foo", "POST", "/approvals/"+second.Number+"/approve", `{"send":true}`)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"notSent":"a message arrived"`)
	require.Equal(t, approval.Approved, o.state(second.Number))

	draft := approvaltest.Request(t, 1236)
	draft.Draft = "D-7K2Q"
	parked, err := o.store.Park(t.Context(), draft)
	require.NoError(t, err)
	_, body = o.ask("foo", "GET", "/approvals", "")
	require.NotContains(t, body, parked.Number)
	_, body = o.ask("foo", "GET", "/drafts", "")
	require.Contains(t, body, `"draft":"D-7K2Q"`)
	_, body = o.ask("foo", "GET", "/approvals/d-7k2q", "")
	require.Contains(t, body, parked.Number)
	status, _ = o.ask("joe@nowhere", "GET", "/drafts", "")
	require.Equal(t, http.StatusUnauthorized, status)
}
