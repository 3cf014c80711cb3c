package dixaclient

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

type thing struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Changed Time   `json:"changed"`
	Parts   []struct {
		Size int `json:"size"`
	} `json:"parts"`
}

type thingsIn struct {
	Filter string `json:"filter,omitzero"`
	Page
}

var (
	oneThing   = testOp[struct{}, thing]("GET /v1/thing", Read)
	manyThings = testOp[struct{}, []thing]("GET /v1/things", Read)
	bareThings = testOp[struct{}, []thing]("GET /v1/things", Read, bare)
	noThing    = testOp[struct{}, None]("PUT /v1/thing", Write)
)

func decodeInto[In, Out any](o Op[In, Out], body string) (Out, *Call, error) {
	var out Out
	call := &Call{Op: o.Spec, Out: &out}
	err := call.receive("application/json", []byte(body))
	if err == nil {
		err = call.Decode()
	}
	return out, call, err
}

func TestDecodeOne(t *testing.T) {
	for body, want := range map[string]thing{
		`{"data":{"id":9007199254740993,"name":"a"}}`:                {ID: 9007199254740993, Name: "a"},
		`{"data":{"id":9223372036854775807}}`:                        {ID: 1<<63 - 1},
		` {"data":{"id":1,"unknown":{"x":[1]}},"meta":null} ` + "\n": {ID: 1},
		`{"data":{"id":"1","name":"a"}}`:                             {Name: "a"},
		`{"data":{"name":null,"parts":{},"id":1}}`:                   {ID: 1},
		`{"data":{"id":1.5,"changed":7,"name":"a"}}`:                 {Name: "a"},
		`{"data":{"id":1},"meta":"none"}`:                            {ID: 1},
		`{"data":{"id":1},"meta":{"next":5}}`:                        {ID: 1},
		`{"data":null}`:                                              {},
		`{"data":[]}`:                                                {},
		`{}`:                                                         {},
	} {
		got, call, err := decodeInto(oneThing, body)
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
		require.Equal(t, strings.TrimSpace(body), string(call.Raw), "unknown fields stay in Raw")
		require.Empty(t, call.Next)
	}
}

func TestDecodeMany(t *testing.T) {
	for body, want := range map[string][]thing{
		`{"data":[{"id":1},{"id":2}]}`:     {{ID: 1}, {ID: 2}},
		`[{"id":1},{"id":2}]`:              {{ID: 1}, {ID: 2}},
		`{"data":[{"id":true},{"id":2}]}`:  {{}, {ID: 2}},
		`{"data":[1,{"id":2}],"meta":{}}`:  {{}, {ID: 2}},
		`{"data":[],"meta":{"next":null}}`: {},
		`{"meta":{}}`:                      nil,
		`{"data":null}`:                    nil,
	} {
		got, call, err := decodeInto(manyThings, body)
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
		require.Equal(t, body, string(call.Raw))
	}
	got, _, err := decodeInto(bareThings, `[{"id":1},{"id":"2","name":"b"}]`)
	require.NoError(t, err)
	require.Equal(t, []thing{{ID: 1}, {Name: "b"}}, got)
}

func TestDecodeNothing(t *testing.T) {
	for _, body := range []string{"", " \r\n"} {
		_, call, err := decodeInto(oneThing, body)
		require.NoError(t, err)
		require.Nil(t, call.Raw)
	}
	_, call, err := decodeInto(noThing, `{"data":{"id":1}}`)
	require.NoError(t, err)
	require.NotNil(t, call.Raw)
}

func TestDecodeRefuses(t *testing.T) {
	refuse := func(_ any, call *Call, err error) {
		t.Helper()
		require.EqualError(t, err, "its body is not JSON of the documented form (its type is application/json)")
		require.Nil(t, call.Raw)
		require.Empty(t, call.Next)
	}
	for _, body := range []string{"<html>", `{"data":{"id":1}`, `{"data":{"id":1}} {}`, `"ok"`, "42", "null", "true", "OK", "\x00", `[{"id":1}]`} {
		refuse(decodeInto(oneThing, body))
	}
	for _, body := range []string{`{"message":"captive"}`, `{"data":[]}`, `[{"id":1}`, "null"} {
		refuse(decodeInto(bareThings, body))
	}
}

// If errors are next to the data, the answer is the whole body.
func TestDecodeWhole(t *testing.T) {
	whole := testOp[struct{}, PartialOutcome[thing]]("PATCH /v1/things", Write, bare)
	got, call, err := decodeInto(whole, `{"data":[{"id":1}],"partialErrors":[{"languageId":"da","message":"no"}]}`)
	require.NoError(t, err)
	require.Equal(t, PartialOutcome[thing]{Data: []thing{{ID: 1}}, PartialErrors: []PartialError{{LanguageID: "da", Message: "no"}}}, got)
	require.Contains(t, string(call.Raw), "partialErrors")
	_, _, err = decodeInto(whole, `[{"id":1}]`)
	require.Error(t, err)
}

func TestNextPage(t *testing.T) {
	for next, want := range map[string]string{
		"/v1/endusers?pageKey=abc":                                   "abc",
		"https://evil.example/v1/endusers?pageLimit=5&pageKey=abc&x": "abc",
		"//evil.example?pageKey=abc":                                 "abc",
		"/v1/search/conversations/?pageKey=cGFnZQ%3D%3D:":            "cGFnZQ==:",
		"?pageKey=a%26b%2Bc+d%C3%B8":                                 "a&b+c dø",
		"?pageKey=100%":                                              "100%",
		"?pageKey=%zz":                                               "%zz",
		"?pageKey=a=b":                                               "a=b",
		"?pageKey=a&pageKey=b":                                       "a",
		"?xpageKey=a":                                                "",
		"?pageKey=":                                                  "",
		"/v1/endusers":                                               "",
		"pageKey=abc":                                                "",
		"":                                                           "",
	} {
		require.Equal(t, want, pageKey(next), next)
	}
	_, call, err := decodeInto(manyThings, `{"data":[],"pageKey":"top"}`)
	require.NoError(t, err)
	require.Equal(t, "top", call.Next, "as analytics may name it")
	_, call, err = decodeInto(manyThings, `{"data":[],"pageKey":"top","meta":{"next":"/x?pageKey=meta"}}`)
	require.NoError(t, err)
	require.Equal(t, "meta", call.Next)
}

func TestPages(t *testing.T) {
	page := func(ids, next string) string { return `{"data":[` + ids + `],"meta":{"next":` + next + `}}` }
	for _, test := range []struct {
		name  string
		start string
		pages map[string]string // by key
		keys  []string          // that were asked for
		fails bool
	}{
		{"to the last", "", map[string]string{"": page(`{"id":1}`, `"/x?pageKey=a%3D%3D:"`), "a==:": page(`{"id":2}`, `"/x?pageKey=b"`), "b": page(`{"id":3}`, "null")}, []string{"", "a==:", "b"}, false},
		{"no meta", "", map[string]string{"": `{"data":[{"id":1}]}`}, []string{""}, false},
		{"an empty page", "", map[string]string{"": page(`{"id":1}`, `"?pageKey=a"`), "a": page("", `"?pageKey=b"`)}, []string{"", "a"}, false},
		{"no data", "", map[string]string{"": `{"meta":{"next":"?pageKey=a"}}`}, []string{""}, false},
		{"a key comes twice", "", map[string]string{"": page(`{"id":1}`, `"?pageKey=a"`), "a": page(`{"id":2}`, `"?pageKey=b"`), "b": page(`{"id":3}`, `"?pageKey=a"`)}, []string{"", "a", "b"}, false},
		{"the key that it began with", "a", map[string]string{"a": page(`{"id":1}`, `"?pageKey=a"`)}, []string{"a"}, false},
		{"an error", "", map[string]string{"": page(`{"id":1}`, `"?pageKey=a"`)}, []string{"", "a"}, true},
		{"another host", "", map[string]string{"": page(`{"id":1}`, `"https://evil.example/x?pageKey=a"`), "a": page(`{"id":2}`, "null")}, []string{"", "a"}, false},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(test.name+"/"+method, func(t *testing.T) {
				var keys []string
				c := testClient(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					require.Equal(t, `{"filter":"f"}`, string(body), "the same body again")
					require.Equal(t, "5", r.URL.Query().Get("pageLimit"))
					key := r.URL.Query().Get("pageKey")
					keys = append(keys, key)
					answer, ok := test.pages[key]
					if !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, answer)
				})
				things := testOp[thingsIn, []thing](method+" /v1/things", Read, paged, idempotent)
				in, n := thingsIn{"f", Page{PageLimit: 5, PageKey: test.start}}, 0
				var last error
				for a, err := range things.Pages(t.Context(), c, in) {
					if last = err; err == nil && len(a.Value) > 0 {
						n++
						require.EqualValues(t, n, a.Value[0].ID)
					}
				}
				require.Equal(t, test.keys, keys)
				require.Equal(t, test.fails, last != nil)
				require.Equal(t, test.start, in.PageKey)
			})
		}
	}
}

func TestPagesStopWhenNobodyWantsMore(t *testing.T) {
	sent := 0
	c := testClient(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		sent++
		_, _ = io.WriteString(w, `{"data":[{"id":1}],"meta":{"next":"?pageKey=`+strconv.Itoa(sent)+`"}}`)
	})
	things := testOp[thingsIn, []thing]("POST /v1/things", Read, paged, idempotent)
	for range things.Pages(t.Context(), c, thingsIn{}) {
		break
	}
	for range manyThings.Pages(t.Context(), c, struct{}{}) { // has no pages
		continue
	}
	require.Equal(t, 2, sent)
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	body := func(size int) string { return `{"data":{"name":"` + strings.Repeat("a", size-20) + `"}}` }
	for _, test := range []struct {
		name  string
		size  int
		zip   bool
		fails bool
	}{
		{"just fits", 1000, false, false},
		{"one byte more", 1001, false, true},
		{"just fits, zipped", 1000, true, false},
		{"one byte more, zipped", 1001, true, true},
		{"a bomb", 1 << 20, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent := 0
			c := testClient(t, Config{MaxAnswer: 1000}, func(w http.ResponseWriter, r *http.Request) {
				sent++
				var to io.Writer = w
				if test.zip {
					require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
					w.Header().Set("Content-Encoding", "gzip")
					z := gzip.NewWriter(w)
					defer z.Close()
					to = z
				}
				_, _ = io.WriteString(to, body(test.size))
			})
			a, err := oneThing.Do(t.Context(), c, struct{}{})
			require.Equal(t, 1, sent, "it would be too large again")
			if !test.fails {
				require.NoError(t, err)
				require.Len(t, a.Raw, test.size)
				return
			}
			require.ErrorIs(t, err, errTooLarge)
			require.ErrorContains(t, err, "1000")
			require.ErrorContains(t, err, "Ask for less at a time.")
			require.Empty(t, a.Raw, "an error, not a cut")
		})
	}
}

func TestSuccessWithoutBody(t *testing.T) {
	for _, code := range []int{200, 201, 202, 204} {
		c := testClient(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		a, err := oneThing.Do(t.Context(), c, struct{}{})
		require.NoError(t, err)
		require.Equal(t, Answer[thing]{Status: code}, a)
	}
}

func TestWhatIsSent(t *testing.T) {
	c := testClient(t, Config{UserAgent: "test/1"}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Amzn-Requestid", "r-1")
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{
			"name": strings.Join([]string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.UserAgent(), string(body)}, " ")}})
	})
	things := testOp[everyIn, thing]("DELETE /v1/things/{id}/tags/{tagId}/{key}", Erase)
	a, err := things.Do(t.Context(), c, everyIn{ID: 1, Tag: testUUID, Key: "a+b@c:{d}", Note: "<&>"})
	require.NoError(t, err)
	require.Equal(t, "DELETE /v1/things/1/tags/"+testUUID+"/"+url.PathEscape("a+b@c:{d}")+` always= application/json application/json test/1 {"text":"<&>"}`, a.Value.Name)

	_, err = things.Do(t.Context(), c, everyIn{ID: 1, Tag: "../x", Key: "a"})
	var input *InputError
	require.True(t, errors.As(err, &input))
}

// The outline of an answer is found without reading it: whatever json.Valid accepts has the same members there.
func FuzzOutline(f *testing.F) {
	for _, s := range []string{`{"data":{"a":"\\\""},"meta":{"next":"x"}}`, `[]`, `[1,{"a":[]}]`, `{}`, `{"a":1,}`, `{"a"`, ` {"a" : "}" } `, `"x"`, `{"a":tru}`, `{,}`, `{"a":1 "b":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		body = bytes.TrimSpace(body)
		if len(body) == 0 {
			return
		}
		members, err := outline(body)
		if !json.Valid(body) {
			return // it may or may not see that; it must not panic
		}
		require.NoError(t, err)
		var want map[string]json.RawMessage
		if json.Unmarshal(body, &want) != nil {
			return
		}
		for name, value := range members {
			if !strings.Contains(name, `\`) && utf8.ValidString(name) {
				require.JSONEq(t, string(want[name]), string(value))
			}
		}
	})
}
