package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/signin"
)

type sessionsCmd struct {
	List sessionsListCmd `cmd:"" help:"List the people who are signed in, with client and agent."`
	End  sessionsEndCmd  `cmd:"" help:"End sign-ins at once: of a session, or all of a person."`
}

// sessionsAt names where sign-ins are stored.
type sessionsAt struct {
	State     string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state of the server, by default dixa-mcp in the user's state directory."`
	redisFlag `embed:""`
}

type sessionsListCmd struct {
	jsonFlag   `embed:""`
	sessionsAt `embed:""`
}

type sessionsEndCmd struct {
	ID         string `arg:"" optional:"" name:"session" help:"Id of the session, as list prints it."`
	Person     string `placeholder:"EMAIL" help:"End all sessions of the person with this verified e-mail address, or this subject."`
	All        bool   `help:"End all sessions."`
	Audit      string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records, by default audit in the state directory."`
	jsonFlag   `embed:""`
	sessionsAt `embed:""`
}

// signedIn is a session as it is printed.
type signedIn struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Subject string    `json:"subject"`
	Agent   string    `json:"agent"`
	Client  string    `json:"client"`
	Name    string    `json:"clientName,omitzero"`
	Began   time.Time `json:"began"`
	Used    time.Time `json:"refreshed"`
}

// open opens what servers with the same state directory or Redis share.
func (a sessionsAt) open(ctx context.Context) (sessions *signin.Sessions, stop func(), err error) {
	group, err := a.connect(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	if group != nil {
		return signin.NewSessions(group.SignIns(), group.Secret(), group.Now), group.Close, nil
	}
	f := reachFlags{State: a.State}
	secret, err := f.recordKey()
	if err != nil {
		return nil, nil, err
	}
	store, stop, err := f.signInStore()
	if err != nil {
		return nil, nil, err
	}
	return signin.NewSessions(store.SignIns(time.Now), secret, time.Now), stop, nil
}

// Run prints who is signed in.
func (c *sessionsListCmd) Run(ctx context.Context, out *output) error {
	sessions, stop, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	all, err := sessions.List(ctx)
	if err != nil {
		return err
	}
	return printSessions(out, c.JSON, all, "nobody is signed in")
}

func printSessions(out *output, asJSON bool, all []signin.Session, none string) error {
	list := make([]signedIn, len(all))
	rows := [][]string{{"SESSION", "PERSON", "AGENT", "CLIENT", "BEGAN", "REFRESHED"}}
	for i, s := range all {
		list[i] = signedIn{s.ID, s.Person.String(), s.Person.Subject, s.Agent, s.Client, s.ClientName, s.Began, s.Used}
		client := s.ClientName
		if client == "" {
			client = s.Client
		}
		rows = append(rows, []string{s.ID, s.Person.String(), s.Agent, client, s.Began.UTC().Format("2006-01-02 15:04"), s.Used.UTC().Format("2006-01-02 15:04")})
	}
	if asJSON {
		return out.json(list)
	}
	if len(all) == 0 {
		out.printf("%s\n", none)
		return nil
	}
	out.table(rows)
	return nil
}

// Run ends sessions, and prints those that it ended.
func (c *sessionsEndCmd) Run(ctx context.Context, out *output) error {
	chosen := 0
	for _, is := range []bool{c.ID != "", c.Person != "", c.All} {
		if is {
			chosen++
		}
	}
	if chosen != 1 {
		return usagef("name one of: a session, --person EMAIL, --all; no session was ended")
	}
	sessions, stop, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	all, err := sessions.List(ctx)
	if err != nil {
		return err
	}
	var ended []signin.Session
	var errs error
	for _, s := range all {
		if !c.All && s.ID != c.ID && (c.Person == "" || s.Person.Email != c.Person && s.Person.Subject != c.Person) {
			continue
		}
		if err := sessions.End(ctx, s.ID); err != nil {
			errs = errors.Join(errs, fmt.Errorf("session %s of %s could not be ended: %w", s.ID, s.Person.String(), err))
			continue
		}
		ended = append(ended, s)
	}
	if errs == nil && len(ended) == 0 && !c.All {
		return notFoundf("there is no such session; dixa-mcp sessions list prints those that there are")
	}
	return errors.Join(printSessions(out, c.JSON, ended, "no session was ended"), errs, c.record(ctx, ended))
}

// record writes a record of each session that was ended.
func (c *sessionsEndCmd) record(ctx context.Context, ended []signin.Session) error {
	var all []audit.Record
	for _, s := range ended {
		r := signInRecord(signin.EventOf(signin.Ended, signin.ByOperator, &s))
		r.Text += ", " + whoami()
		all = append(all, r)
	}
	return reachFlags{State: c.State, Audit: c.Audit}.recordDone(ctx, all...)
}
