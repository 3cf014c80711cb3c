package offline

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/request"
)

func TestArticles(t *testing.T) {
	o := open(t, Options{})
	help := at(t, o.get("/v1/knowledge/collections"), 0, "id").(string)
	catalog := o.get("/v1/knowledge/collections/" + help + "/catalog")
	category, other := at(t, catalog, "categories", 0, "id").(string), at(t, catalog, "categories", 1, "id").(string)
	require.Equal(t, "Ordrer og levering", at(t, o.get("/v1/knowledge/categories/"+category+"?language=da"), "title", "title"))
	require.NotEmpty(t, at(t, catalog, "categories", 0, "categories"))

	made := o.ok(200, "POST", "/v1/knowledge/articles", `{"translations":[{"languageId":"en","title":"How","content":"<p>So &amp; so</p>"}],
		"parentId":"`+category+`","tags":["`+refundTagID+`"]}`)
	path := "/v1/knowledge/articles/" + at(t, made, "id").(string)
	require.Equal(t, made, o.get(path))
	require.Equal(t, "<p>So &amp; so</p>", at(t, made, "translation", "draft", "contents", "html"))
	require.NotContains(t, at(t, made, "translation"), "published")

	o.ok(204, "POST", path+"/publish", "")
	require.Equal(t, "How", at(t, o.get(path), "translation", "published", "title"))
	done := o.do("PATCH", path+"/translations", `{"translations":[{"languageId":"en","title":"How now"},{"languageId":"da","title":"Hvordan"},{"languageId":"klingon","title":"x"}]}`)
	require.JSONEq(t, `[{"languageId":"klingon","message":"Language is not supported"}]`, string(raw(t, done.body, "partialErrors")))
	require.Equal(t, "How", at(t, o.get(path), "translation", "published", "title"), "a draft is not published by being written")
	require.Equal(t, "Hvordan", at(t, o.get(path+"?language=da"), "translation", "draft", "title"))
	o.ok(204, "POST", path+"/translations/da/publish", "")
	require.Len(t, at(t, o.get(path+"/translations"), "translations", "published"), 2)
	o.ok(204, "POST", path+"/translations/da/unpublish", "")
	o.ok(204, "POST", path+"/unpublish", "")
	require.Empty(t, at(t, o.get(path+"/translations"), "translations", "published"))
	o.ok(204, "DELETE", path+"/translations/da", "")
	o.ok(404, "DELETE", path+"/translations/da", "")

	changed := o.ok(200, "PATCH", path, `{"ownedBy":"`+o.agent(4)+`","tags":{"remove":["`+refundTagID+`"],"add":["`+o.tag("vip")+`"]}}`)
	require.Equal(t, []any{o.tag("vip")}, at(t, changed, "tags"))
	require.Equal(t, o.agent(4), at(t, changed, "ownedBy"))
	o.refused(400, badBody, "PATCH", path, `{"title":"x"}`)
	o.ok(204, "PATCH", path+"/parent/"+other, "")
	require.Equal(t, other, at(t, o.get(path), "parentCategory"))
	o.ok(204, "DELETE", path+"/parent", "")
	require.Nil(t, at(t, o.get(path), "parentCategory"))
	o.ok(404, "PATCH", path+"/parent/"+noID, "")
	o.ok(204, "DELETE", path, "")
	o.ok(404, "GET", path, "")
}

// upload sends files as a form.
func (o *office) upload(files map[string]string) reply {
	o.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, body := range files {
		w, err := form.CreateFormFile("files", name)
		require.NoError(o.t, err)
		_, err = w.Write([]byte(body))
		require.NoError(o.t, err)
	}
	require.NoError(o.t, form.Close())
	req, err := http.NewRequestWithContext(o.t.Context(), "POST", URL+"/v1/knowledge/articles/attachments", &b)
	require.NoError(o.t, err)
	req.Header.Set("Authorization", "token")
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := o.http.Do(req)
	require.NoError(o.t, err)
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	require.NoError(o.t, err)
	return reply{res.StatusCode, res.Header, body.String()}
}

func TestUpload(t *testing.T) {
	o := open(t, Options{})
	const png = "\x89PNG\r\n\x1a\n"
	o.loose = true // the documents' form has no place for what is refused here
	res := o.upload(map[string]string{"a.png": png + strings.Repeat("x", 600), "b.txt": "text", "c.png": "", "d.png": png + strings.Repeat("x", 4<<20)})
	require.Equal(t, 200, res.status, res.body)
	require.Contains(t, string(raw(t, res.body, "data")), FilesURL)
	for _, problem := range []string{`"b.txt","message":"File type is not supported","code":400`, `"c.png","message":"File is empty"`, `"d.png","message":"File is larger than 4 MB"`} {
		require.Contains(t, string(raw(t, res.body, "partialErrors")), problem)
	}
	require.Len(t, o.dixa.Effects(), 1)
	require.Equal(t, 400, o.upload(map[string]string{"1": "", "2": "", "3": "", "4": "", "5": "", "6": ""}).status)
	require.Equal(t, 400, o.upload(map[string]string{"1": strings.Repeat("x", 10<<20)}).status)
	require.Equal(t, 413, o.upload(map[string]string{"1": strings.Repeat("x", request.MaxBody)}).status)
	o.refused(400, badBody, "POST", "/v1/knowledge/articles/attachments", `{"files":[]}`)
}

func TestTemplates(t *testing.T) {
	o := open(t, Options{})
	ids, pages := o.walk("GET", "/v1/templates?pageLimit=10", "")
	require.Len(t, ids, 23)
	require.Equal(t, 3, pages)
	replies := o.get("/v1/templates?type=EmailAutoReply")
	require.Len(t, replies, 3)
	path := "/v1/templates/" + at(t, replies, 0, "id").(string)
	o.ok(204, "DELETE", path, "")
	o.ok(404, "DELETE", path, "")
	require.Len(t, o.get("/v1/templates?type=EmailAutoReply"), 2)
	o.refused(400, badValue, "GET", "/v1/templates?type=Other", "")
}

func TestBusinessHours(t *testing.T) {
	o := open(t, Options{}) // Monday, 11:00 in Copenhagen
	schedules := at(t, o.get("/v1/business-hours/schedules"), "schedules")
	path := "/v1/business-hours/schedules/" + at(t, schedules, 0, "id").(string)
	require.Equal(t, map[string]any{"isOpen": true, "timestamp": "2026-03-02T10:00:00.000000000Z[Etc/UTC]", "closesAt": "2026-03-02T19:00:00.000000000Z[Etc/UTC]"}, o.get(path+"/status"))
	for _, c := range []struct{ at, key, want string }{
		{"2026-03-01T12:00:00Z", "opensAt", "2026-03-02T07:00:00.000000000Z[Etc/UTC]"},  // Sunday
		{"2026-03-06T21:00:00Z", "opensAt", "2026-03-07T09:00:00.000000000Z[Etc/UTC]"},  // Friday night, Saturday is short
		{"2026-03-05T09:30:00Z", "closesAt", "2026-03-05T15:00:00.000000000Z[Etc/UTC]"}, // stocktaking
		{"2026-12-25T10:00:00Z", "opensAt", "2026-12-26T09:00:00.000000000Z[Etc/UTC]"},  // Christmas
		{"2027-01-01T10:00:00Z", "opensAt", "2027-01-02T09:00:00.000000000Z[Etc/UTC]"},  // recurs
	} {
		require.Equal(t, c.want, at(t, o.get(path+"/status?timestamp="+c.at), c.key), c.at)
	}
	upcoming := at(t, o.get(path+"/upcoming"), "schedule", "businessHours")
	require.Len(t, upcoming, 7)
	require.Equal(t, []any{"Monday", "Tuesday", "Wednesday", "Stocktaking", "Friday", "Saturday", "Sunday"}, pluck(t, upcoming, "name"))
	require.Equal(t, "2026-03-02", at(t, upcoming, 0, "nextDate"))
	require.Len(t, at(t, o.get(path+"/definition"), "schedule", "exceptions"), 3)
	for _, days := range []string{"0", "91", "x"} {
		o.refused(400, badValue, "GET", path+"/upcoming?days="+days, "")
	}
}
