package offline

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"dixa-mcp/internal/offline/wire"
)

// defaultPage is the length of a page when the request does not say; search is known to use 50.
const defaultPage = 50

// page is the part of a list that a request asks for.
type page struct{ from, limit int }

// Page reads pageLimit and pageKey. A key holds the place and the filters of the first request: with a GET they may be left out or
// repeated but not changed, with a POST the same body must come again. A largest of 0
// means that Dixa knows no largest page.
func (c *call) Page(largest int) (page, error) {
	p := page{limit: defaultPage}
	if v := c.Query.Get("pageLimit"); v != "" {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 1 || (largest > 0 && n > int64(largest)) {
			return p, wire.ErrParam.Because("query parameter pageLimit is not between 1 and the largest page")
		}
		p.limit = int(n)
	}
	key := c.Query.Get("pageKey")
	if key == "" {
		return p, nil
	}
	held, err := c.openKey(key)
	if err != nil {
		return p, err
	}
	if c.Query.Get("pageLimit") == "" {
		p.limit, _ = strconv.Atoi(held.Get("pageLimit"))
	}
	p.from, _ = strconv.Atoi(held.Get("from"))
	for name := range c.Query {
		if name != "pageKey" && name != "pageLimit" && c.Query.Get(name) != held.Get("filter."+name) {
			return p, wire.ErrParam.Because("query parameter %s is not what the pageKey was made with", name)
		}
	}
	for name, values := range held {
		if filter, ok := strings.CutPrefix(name, "filter."); ok {
			c.Query[filter] = values
		}
	}
	return p, nil
}

// openKey reads a pageKey that this operation made for the same body.
func (c *call) openKey(key string) (url.Values, error) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(key, ":"))
	if err != nil {
		return nil, wire.ErrParam.Because("pageKey is none that was given out")
	}
	query, sum, _ := strings.Cut(string(text), "#")
	if sum != c.seal(query) {
		return nil, wire.ErrParam.Because("pageKey is none that was given out for this request")
	}
	return url.ParseQuery(query)
}

// seal ties a key to the operation, its path, the body and the data, so that only a key that was given out fits.
func (c *call) seal(query string) string {
	h := sha256.New()
	for _, s := range []string{c.org.id, c.route.Pattern, strings.TrimSuffix(c.HTTP.URL.Path, "/"), canonical(c.Body), query} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// canonical returns a body without what makes no difference: the order of fields, and blanks.
func canonical(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return string(body)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return string(body)
	}
	return string(b)
}

func (c *call) key(p page) string {
	held := url.Values{"from": {strconv.Itoa(p.from)}, "pageLimit": {strconv.Itoa(p.limit)}}
	for name, values := range c.Query {
		if name != "pageKey" && name != "pageLimit" {
			held["filter."+name] = values
		}
	}
	query := held.Encode()
	return base64.StdEncoding.EncodeToString([]byte(query + "#" + c.seal(query)))
}

// paged cuts the page out of a list and wraps it with its links. The last page has no next; a list of one page has no meta.
func paged[T any](c *call, p page, list []T) wire.Data {
	from := min(p.from, len(list))
	to := min(from+p.limit, len(list))
	var m wire.Meta
	if from > 0 {
		m.Previous = c.link(page{from: max(0, from-p.limit), limit: p.limit})
	}
	if to < len(list) {
		m.Next = c.link(page{from: to, limit: p.limit})
	}
	d := wire.Data{Data: list[from:to]}
	if m != (wire.Meta{}) {
		d.Meta = &m
	}
	return d
}

// link returns the root-relative address of a page. Search writes a slash before the query and a bare colon behind the key.
func (c *call) link(p page) string {
	path, key := strings.TrimSuffix(c.HTTP.URL.Path, "/"), url.QueryEscape(c.key(p))
	if strings.HasSuffix(path, "/search/conversations") {
		return path + "/?pageKey=" + key + ":"
	}
	return path + "?pageKey=" + key
}
