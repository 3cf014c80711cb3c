package request

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

// Page is the part of a list that a request asks for.
type Page struct{ from, limit int }

// Page reads pageLimit and pageKey. A key holds the place and the filters of the first request: with a GET they may be left out or
// repeated but not changed, with a POST the same body must come again. A largest of 0
// means that Dixa knows no largest page.
func (r *Request) Page(largest int) (Page, error) {
	p := Page{limit: defaultPage}
	if v := r.Query.Get("pageLimit"); v != "" {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 1 || (largest > 0 && n > int64(largest)) {
			return p, wire.ErrParam.Because("query parameter pageLimit is not between 1 and the largest page")
		}
		p.limit = int(n)
	}
	key := r.Query.Get("pageKey")
	if key == "" {
		return p, nil
	}
	held, err := r.openKey(key)
	if err != nil {
		return p, err
	}
	if r.Query.Get("pageLimit") == "" {
		p.limit, _ = strconv.Atoi(held.Get("pageLimit"))
	}
	p.from, _ = strconv.Atoi(held.Get("from"))
	for name := range r.Query {
		if name != "pageKey" && name != "pageLimit" && r.Query.Get(name) != held.Get("filter."+name) {
			return p, wire.ErrParam.Because("query parameter %s is not what the pageKey was made with", name)
		}
	}
	for name, values := range held {
		if filter, ok := strings.CutPrefix(name, "filter."); ok {
			r.Query[filter] = values
		}
	}
	return p, nil
}

// openKey reads a pageKey that this operation made for the same body.
func (r *Request) openKey(key string) (url.Values, error) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(key, ":"))
	if err != nil {
		return nil, wire.ErrParam.Because("pageKey is none that was given out")
	}
	query, sum, _ := strings.Cut(string(text), "#")
	if sum != r.seal(query) {
		return nil, wire.ErrParam.Because("pageKey is none that was given out for this request")
	}
	return url.ParseQuery(query)
}

// seal ties a key to the operation, its path, the body and the scope, so that only a key that was given out fits.
func (r *Request) seal(query string) string {
	h := sha256.New()
	for _, s := range []string{r.Scope, r.Pattern, strings.TrimSuffix(r.HTTP.URL.Path, "/"), canonical(r.Body), query} {
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

func (r *Request) key(p Page) string {
	held := url.Values{"from": {strconv.Itoa(p.from)}, "pageLimit": {strconv.Itoa(p.limit)}}
	for name, values := range r.Query {
		if name != "pageKey" && name != "pageLimit" {
			held["filter."+name] = values
		}
	}
	query := held.Encode()
	return base64.StdEncoding.EncodeToString([]byte(query + "#" + r.seal(query)))
}

// Paged cuts the page out of a list and wraps it with its links. The last page has no next; a list of one page has no meta.
func Paged[T any](r *Request, p Page, list []T) wire.Data {
	from := min(p.from, len(list))
	to := min(from+p.limit, len(list))
	var m wire.Meta
	if from > 0 {
		m.Previous = r.link(Page{from: max(0, from-p.limit), limit: p.limit})
	}
	if to < len(list) {
		m.Next = r.link(Page{from: to, limit: p.limit})
	}
	d := wire.Data{Data: list[from:to]}
	if m != (wire.Meta{}) {
		d.Meta = &m
	}
	return d
}

// link returns the root-relative address of a page. Search writes a slash before the query and a bare colon behind the key.
func (r *Request) link(p Page) string {
	path, key := strings.TrimSuffix(r.HTTP.URL.Path, "/"), url.QueryEscape(r.key(p))
	if strings.HasSuffix(path, "/search/conversations") {
		return path + "/?pageKey=" + key + ":"
	}
	return path + "?pageKey=" + key
}
