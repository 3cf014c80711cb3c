package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/safetext"
)

const (
	adminTimeout   = time.Minute // of one request to an admin port: a call that is carried out takes 45 s
	mostAdminBytes = 32 << 20    // of one answer: a list of all agents' parked calls
)

// adminClient sends requests to the admin port of a server, each with a key.
type adminClient struct {
	base string
	key  string
	http *http.Client
}

// newAdminClient checks the address. The key goes to it alone: redirects are not followed.
func newAdminClient(text string, key []byte) (*adminClient, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usagef("--url must be the address of an admin port such as http://127.0.0.1:9090, not %q", text)
	}
	if !address.IsConfidential(u) {
		fmt.Fprintln(os.Stderr, "Warning: with http:// the key can be read in transit; use a tunnel, or https:// if a proxy in front of the port supports it.")
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &adminClient{strings.TrimRight(u.String(), "/"), string(key), &http.Client{Timeout: adminTimeout, CheckRedirect: refuse}}, nil
}

// do sends a request and reads its answer into a value.
func (c *adminClient) do(ctx context.Context, method, path string, body, into any) error {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, text)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("User-Agent", userAgent())
	res, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("the admin port does not answer: %w; check --url, and that the server runs with --admin", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostAdminBytes))
	if err != nil {
		return fmt.Errorf("the connection to the admin port broke before its answer was complete, so it is not known whether anything was changed: %w", err)
	}
	if res.StatusCode >= 300 {
		return c.refused(res.StatusCode, answer)
	}
	if into == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return errors.New("the server at --url is not the admin port of dixa-mcp: its answer is not the expected JSON; check --url")
	}
	return nil
}

// refused returns the error for a status that is not a success.
func (c *adminClient) refused(status int, answer []byte) error {
	var said struct{ Error string }
	if json.Unmarshal(answer, &said) != nil || said.Error == "" {
		return fmt.Errorf("the server at --url is not the admin port of dixa-mcp: it answered with status %d; check --url", status)
	}
	err := fmt.Errorf("the admin port answered: %s", safetext.Show(said.Error))
	switch status {
	case http.StatusUnauthorized:
		return refusedf("the admin port does not accept the key; nothing was changed. Use --key-file with an approver's key for approvals, or with the admin key for freezes")
	case http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity:
		return &exitError{exitRefused, err}
	case http.StatusNotFound:
		return &exitError{exitNotFound, err}
	}
	return err
}

// remoteDesk decides at the admin port of a server, which checks the key and keeps the record.
type remoteDesk struct{ *adminClient }

func (d remoteDesk) list(ctx context.Context, all, drafts bool) ([]approver.Item, error) {
	path := "/approvals"
	if drafts {
		path = "/drafts"
	}
	if all {
		path += "?all=true"
	}
	var found approver.Items
	if err := d.do(ctx, http.MethodGet, path, nil, &found); err != nil {
		return nil, err
	}
	if found.Unreadable {
		return found.Approvals, errors.New("the server cannot read some of the waiting calls; its log says why")
	}
	return found.Approvals, nil
}

func (d remoteDesk) show(ctx context.Context, number string) (w approver.Details, err error) {
	return w, d.do(ctx, http.MethodGet, "/approvals/"+url.PathEscape(number), nil, &w)
}

func (d remoteDesk) decide(ctx context.Context, r approver.Details, v approver.Verdict) (done approver.Decided, err error) {
	path := "/approvals/" + url.PathEscape(r.Number)
	if !v.Approve {
		return done, d.do(ctx, http.MethodPost, path+"/deny", map[string]string{"reason": v.Reason}, &done)
	}
	body := map[string]any{"reason": v.Reason}
	if v.Text != "" { // an older server refuses what it does not know
		body["text"] = v.Text
	}
	if v.Send {
		body["send"] = true
	}
	return done, d.do(ctx, http.MethodPost, path+"/approve", body, &done)
}

func (d remoteDesk) close() { d.http.CloseIdleConnections() }
