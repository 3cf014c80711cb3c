package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/records"
)

// samplePages show sent replies that were chosen for review.
type samplePages struct {
	config  *Config
	records recordPages
}

// sampleSize is how many sent replies of a week are chosen for review.
const sampleSize = 10

// choose chooses sent replies of the last whole week: the same ones for everybody.
func (s samplePages) choose(ctx context.Context, v *visit, agent string) (found []records.Found, week string, err error) {
	now := s.config.Now().In(v.zone())
	monday := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 0, 0, 0, 0, now.Location())
	since := monday.AddDate(0, 0, -7)
	year, number := since.ISOWeek()
	found, err = s.config.Records.Sample(ctx, records.Query{Agent: agent, Level: "send", Event: audit.EventOutcome, Since: since, Until: monday}, sampleSize, uint64(year*100+number))
	return slices.DeleteFunc(found, func(f records.Found) bool { return f.Outcome != audit.OutcomeDone }), fmt.Sprintf("week %d of %d", number, year), err
}

func sampleAddress(agent string) string {
	if agent == "" {
		return "/sample"
	}
	return "/sample?" + url.Values{"agent": {agent}}.Encode()
}

// sentReply is a reply of the sample, with its text.
type sentReply struct {
	recordLine
	Messages []message // the one before it, and the reply
	Note     string    // why the text is not here
}

// show shows the texts of the sample, which records do not hold: they are read in Dixa as the agents that sent them.
func (s samplePages) show(v *visit) {
	ctx, stop := context.WithTimeout(v.Context(), searchFor)
	defer stop()
	page := struct {
		Agent, Week, Charts string
		Replies             []sentReply
	}{Agent: v.URL.Query().Get("agent"), Charts: "/charts"}
	if page.Agent != "" {
		page.Charts += "?" + url.Values{"agent": {page.Agent}}.Encode()
	}
	_, err := s.records.update(ctx)
	var found []records.Found
	if err == nil {
		found, page.Week, err = s.choose(ctx, v, page.Agent)
	}
	if err != nil {
		v.broken("the sample cannot be chosen", err)
		return
	}
	for i, line := range s.records.lines(v, found) {
		page.Replies = append(page.Replies, s.sentReply(v, line, found[i].Record))
	}
	v.show(http.StatusOK, "sample.html", "/charts", "Sent replies to review", false, page)
}

func (s samplePages) sentReply(v *visit, line recordLine, sent audit.Record) sentReply {
	one := sentReply{recordLine: line}
	in := sent.Conversations()
	switch {
	case s.config.Sent == nil:
		one.Note = "Dixa was not read, because this process has no token of Dixa."
		return one
	case len(in) != 1:
		one.Note = "The record names no conversation in which to read."
		return one
	}
	conversation, err := strconv.ParseInt(in[0], 10, 64)
	if err != nil {
		one.Note = "The record names no conversation in which to read."
		return one
	}
	seen := s.config.Sent.ReviewSent(v.Context(), sent, conversation, v.who.Name, v.who.KeyID)
	one.Note = seen.Note
	for _, what := range seen.LeftOut {
		one.Note = "Not read: " + what + "."
	}
	for _, m := range seen.Messages {
		one.Messages = append(one.Messages, message{m, v.at(m.At)})
	}
	return one
}
