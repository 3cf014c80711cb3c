package gate

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"dixa-mcp/dixaclient"
)

// A page key of Dixa's holds the filters of its first page. So a bounded agent gets keys that are sealed to it and to
// its search: one from elsewhere would lead it around its bound.

// pageSecret seals page keys; they do not outlive the process.
var pageSecret = []byte(rand.Text())

// page carries out an operation with sealed page keys.
func (c *call) page(ctx context.Context, op *dixaclient.Call, next func(context.Context) error) error {
	if !op.Op.Paged {
		return c.send(ctx, op, next)
	}
	sealed := op.Op.PageKey(op.In)
	op.Op.SetPageKey(op.In, "")
	search, err := c.searchOf(op)
	if err != nil {
		return err
	}
	if sealed != "" {
		mac, key, _ := strings.Cut(sealed, ".")
		if !hmac.Equal([]byte(mac), []byte(c.sealOf(search, key))) {
			return &dixaclient.InputError{Operation: op.Op.Name, Field: "pageKey", Problem: "does not belong to this search: begin again without it, and repeat the other arguments with each page"}
		}
		op.Op.SetPageKey(op.In, key)
	}
	if err := c.send(ctx, op, next); err != nil {
		return err
	}
	if op.Next != "" {
		op.Next = c.sealOf(search, op.Next) + "." + op.Next
	}
	return nil
}

// searchOf is what the pages of one search have in common: the request without the page.
func (c *call) searchOf(op *dixaclient.Call) (string, error) {
	r, err := op.Op.Request(op.In)
	if err != nil {
		return "", err
	}
	r.Query.Del("pageLimit")
	return strings.Join([]string{c.agentName, r.Method, r.Path, r.Query.Encode(), string(r.Body)}, "\x00"), nil
}

func (c *call) sealOf(search, key string) string {
	mac := hmac.New(sha256.New, pageSecret)
	mac.Write([]byte(search + "\x00" + key))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}
