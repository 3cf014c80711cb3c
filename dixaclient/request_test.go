package dixaclient

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// everyIn has a field of each kind that can travel.
type everyIn struct {
	ID       int64       `json:"id" in:"path"`
	Tag      UUID        `json:"tag" in:"path" wire:"tagId"`
	Key      Name        `json:"key" in:"path"`
	Search   string      `json:"search,omitzero" in:"query" wire:"q"`
	Deep     bool        `json:"deep,omitzero" in:"query"`
	Limit    int32       `json:"limit,omitzero" in:"query"`
	Since    Time        `json:"since,omitzero" in:"query"`
	IDs      []int64     `json:"ids,omitzero" in:"query"`
	Always   string      `json:"always" in:"query"`
	Offset   *int        `json:"offset,omitzero" in:"query"`
	Name     *string     `json:"name,omitzero"`
	Note     string      `json:"note,omitzero" wire:"text"`
	At       Time        `json:"at,omitzero"`
	Until    *Time       `json:"until,omitzero"`
	Agent    ActingAgent `json:"agent,omitzero" wire:"userId"`
	Tags     []string    `json:"tags,omitzero"`
	Hidden   string      `json:"-"`
	internal string
}

var everyOp = testOp[everyIn, None]("PATCH /v1/things/{id}/tags/{tagId}/{key}", Write)

func ptr[T any](v T) *T { return &v }

func TestRequest(t *testing.T) {
	at := Time{time.Date(2026, 1, 31, 15, 0, 0, 7e6, time.FixedZone("", 3600))}
	path := everyIn{ID: 9007199254740993, Tag: testUUID, Key: "a"}
	with := func(change func(*everyIn)) everyIn {
		in := path
		change(&in)
		return in
	}
	for _, test := range []struct {
		name              string
		in                everyIn
		path, query, body string
	}{
		{"nothing optional: an object all the same", path, "9007199254740993/tags/" + testUUID + "/a", "always=", "{}"},
		{"wire names, escaped", with(func(in *everyIn) { in.Search, in.Note = "a&b=ø +", "x" }), "", "always=&q=a%26b%3D%C3%B8+%2B", `{"text":"x"}`},
		{"kinds of query", with(func(in *everyIn) {
			in.Deep, in.Limit, in.Since, in.IDs, in.Offset = true, 50, at, []int64{1, 2}, ptr(0)
		}), "",
			"always=&deep=true&ids=1%2C2&limit=50&offset=0&since=2026-01-31T14%3A00%3A00.007Z", "{}"},
		{"an empty string is not an absent one", with(func(in *everyIn) { in.Name = ptr("") }), "", "always=", `{"name":""}`},
		{"an empty list is not an absent one", with(func(in *everyIn) { in.Tags = []string{} }), "", "always=", `{"tags":[]}`},
		{"HTML stays as it is", with(func(in *everyIn) { in.Note = "<b>\"R&D\"</b>\u2028\n" }), "", "always=", `{"text":"<b>\"R&D\"</b>\u2028\n"}`},
		{"times in UTC", with(func(in *everyIn) { in.At, in.Until = at, &at }), "", "always=",
			`{"at":"2026-01-31T14:00:00.007Z","until":"2026-01-31T14:00:00.007Z"}`},
		{"ids that need escaping", with(func(in *everyIn) { in.Key = "+45@x.y:{id}" }), "9007199254740993/tags/" + testUUID + "/+45@x.y:%7Bid%7D", "always=", "{}"},
		{"hidden", with(func(in *everyIn) { in.Hidden, in.internal = "h", "i" }), "", "always=", "{}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := everyOp.Spec.Request(&test.in)
			require.NoError(t, err)
			require.Equal(t, "PATCH", r.Method)
			if test.path != "" {
				require.Equal(t, "/v1/things/"+test.path, r.Path)
			}
			require.Equal(t, test.query, r.Query.Encode())
			require.Equal(t, test.body, string(r.Body))
			require.Equal(t, "application/json", r.ContentType)
		})
	}
}

func TestRequestWithoutBody(t *testing.T) {
	for _, r := range []func() (*Request, error){
		func() (*Request, error) { return GetConversation.Spec.Request(&GetConversationIn{ConversationRef{1}}) },
		func() (*Request, error) { return noBody.Spec.Request(&noBodyIn{}) },
	} {
		r, err := r()
		require.NoError(t, err)
		require.Nil(t, r.Body)
		require.Empty(t, r.ContentType)
		require.Empty(t, r.Query)
	}
}

type noBodyIn struct {
	Kind string `json:"kind,omitzero"`
}

func (noBodyIn) Body() (any, error) { return nil, nil }

type encodedIn struct{ noBodyIn }

func (encodedIn) Body() (any, error) { return Encoded{"image/png", []byte("\x89PNG")}, nil }

type refusingIn struct{ noBodyIn }

func (refusingIn) Body() (any, error) { return nil, &InputError{Field: "kind", Problem: "is missing"} }

var noBody = testOp[noBodyIn, None]("POST /v1/things", Write)

func TestOwnBody(t *testing.T) {
	r, err := testOp[encodedIn, None]("POST /v1/things", Write).Spec.Request(&encodedIn{})
	require.NoError(t, err)
	require.Equal(t, &Request{Method: "POST", Path: "/v1/things", Body: []byte("\x89PNG"), ContentType: "image/png"}, r)

	_, err = testOp[refusingIn, None]("POST /v1/things", Write).Spec.Request(&refusingIn{})
	require.EqualError(t, err, "test_operation: kind is missing. Nothing was sent.")
}

// fill gives every path variable of a request a value that fits.
func fill(s *Spec, in reflect.Value) {
	for _, f := range s.plan().fields {
		if v := in.Elem().FieldByIndex(f.index); f.in == "path" {
			if v.Kind() == reflect.String {
				v.SetString(testUUID)
			} else {
				v.SetInt(1)
			}
		}
	}
}

// For every operation: no id can leave its place in the path.
func TestPathsAreRefused(t *testing.T) {
	texts := []string{"", ".", "..", "../agents", "a/b", "/", `a\b`, "%2e%2e", "%2F", "a?b=c", "a#b", "a;b", "a b", "a\nb", "a\x00b",
		"a\x7fb", "ø", "\u2028", "\uff0f", "\xff", strings.Repeat("a", 257)}
	for _, s := range Operations() {
		for _, f := range s.plan().fields {
			if f.in != "path" {
				continue
			}
			refused := func(set func(reflect.Value)) {
				in := reflect.New(s.In())
				fill(s, in)
				set(in.Elem().FieldByIndex(f.index))
				_, err := s.Request(in.Interface())
				var e *InputError
				require.ErrorAs(t, err, &e, s.Name)
				require.Equal(t, s.Name, e.Operation)
				require.Equal(t, f.argument, e.Field)
				require.ErrorContains(t, err, "Nothing was sent")
				require.NotContains(t, err.Error(), strings.Repeat("a", 101), "a long id is not repeated whole")
			}
			if s.In().FieldByIndex(f.index).Type.Kind() == reflect.String {
				for _, text := range texts {
					refused(func(v reflect.Value) { v.SetString(text) })
				}
			} else {
				for _, n := range []int64{0, -1, -9007199254740993} {
					refused(func(v reflect.Value) { v.SetInt(n) })
				}
			}
		}
	}
}

func TestUUIDsAreCheckedAsSuch(t *testing.T) {
	for _, id := range []UUID{"a", testUUID + "0", "0f6f3a52-6d3e-4f0e-9f0b_3a1c5b7d2e11", "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e1g", "0f6f3a526-d3e-4f0e-9f0b-3a1c5b7d2e11"} {
		_, err := everyOp.Spec.Request(&everyIn{ID: 1, Tag: id, Key: "a"})
		require.ErrorContains(t, err, `tag must be a UUID such as 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, not "`)
	}
	_, err := everyOp.Spec.Request(&everyIn{ID: 1, Tag: UUID(strings.ToUpper(testUUID)), Key: "a"})
	require.NoError(t, err)
}

func TestActors(t *testing.T) {
	require.Equal(t, []string{"agent"}, everyOp.Spec.Actors())
	require.Empty(t, GetConversation.Spec.Actors())
	in := everyIn{ID: 1, Tag: testUUID, Key: "a", Agent: "somebody else"}
	everyOp.Spec.Act(&in, testUUID)
	r, err := everyOp.Spec.Request(&in)
	require.NoError(t, err)
	require.JSONEq(t, `{"userId":"`+testUUID+`"}`, string(r.Body))
}

func TestConversationOf(t *testing.T) {
	id, ok := ConversationOf(&CloseConversationIn{ConversationRef: ConversationRef{7}})
	require.True(t, ok)
	require.EqualValues(t, 7, id)
	_, ok = ConversationOf(&CloseConversationIn{})
	require.False(t, ok)
	_, ok = ConversationOf(&SearchConversationsIn{})
	require.False(t, ok)
}

func TestDeclarationsThatCannotWork(t *testing.T) {
	type id struct {
		ID int64 `json:"id" in:"path"`
	}
	for want, declare := range map[string]func() *Spec{
		"no field for {id}":            func() *Spec { return testOp[struct{}, None]("GET /v1/things/{id}", Read).Spec },
		"the path has no {id}":         func() *Spec { return testOp[id, None]("GET /v1/things", Read).Spec },
		"field ID has no json name":    func() *Spec { return testOp[struct{ ID int64 }, None]("POST /v1/things", Write).Spec },
		"paged, but without a pageKey": func() *Spec { return testOp[id, None]("GET /v1/things/{id}", Read, paged).Spec },
		"is not METHOD /path":          func() *Spec { return testOp[id, None]("/v1/things/{id}", Read).Spec },
		`x cannot travel in "header"`: func() *Spec {
			return testOp[struct {
				X string `json:"x" in:"header"`
			}, None]("GET /v1/things", Read).Spec
		},
		"{id} of the path cannot be optional": func() *Spec {
			return testOp[struct {
				ID int64 `json:"id,omitzero" in:"path"`
			}, None]("GET /v1/things/{id}", Read).Spec
		},
		"two fields are named id": func() *Spec {
			return testOp[struct {
				id
				Other int64 `json:"id"`
			}, None]("GET /v1/things/{id}", Read).Spec
		},
		"paged, but": func() *Spec {
			return testOp[struct {
				PageKey string `json:"pageKey"`
			}, None]("POST /v1/things", Read, paged).Spec
		},
	} {
		t.Run(want, func(t *testing.T) {
			defer func() { require.Contains(t, recover(), want) }()
			declare().plan()
		})
	}
}

func TestLevels(t *testing.T) {
	for _, l := range []Level{Read, Write, Send, Erase} {
		parsed, ok := ParseLevel(l.String())
		require.True(t, ok)
		require.Equal(t, l, parsed)
	}
	for _, s := range []string{"", "Read", "admin"} {
		_, ok := ParseLevel(s)
		require.False(t, ok, s)
	}
	require.Equal(t, "Level(0)", Level(0).String())
	require.Equal(t, "Level(9)", Level(9).String())
}
