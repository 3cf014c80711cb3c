package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const someID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"

// with is the one required argument and the given ones.
func with(args string) string { return `{"conversationId":1,` + args + `}` }

func TestAccepted(t *testing.T) {
	s := Of[everything]()
	for in, want := range map[string]string{
		` {"conversationId" : 9007199254740993 } `:   `{"conversationId":9007199254740993}`,
		`{"conversationId":"9007199254740993"}`:      `{"conversationId":9007199254740993}`,
		`{"conversationId":-9223372036854775808}`:    `{"conversationId":-9223372036854775808}`,
		`{"conversationId":9.223372036854775807e18}`: `{"conversationId":9223372036854775807}`,
		`{"conversationId":1234.0}`:                  `{"conversationId":1234}`,
		`{"conversationId":1e3}`:                     `{"conversationId":1000}`,
		`{"conversationId":1.50E+2}`:                 `{"conversationId":150}`,
		`{"conversationId":12000e-3}`:                `{"conversationId":12}`,
		`{"conversationId":-0.0e99}`:                 `{"conversationId":0}`,
		`{"conversationId":-0}`:                      `{"conversationId":0}`,
		`{"\u0063onversationId":1}`:                  `{"conversationId":1}`,

		// canonical order; null is "not given"
		`{"on":true,"limit":null,"conversationId":1}`: with(`"on":true`),
		with(`"name":null,"conditions":null`):         `{"conversationId":1}`,

		with(`"count":18.0,"small":-128,"limit":50`): with(`"limit":50,"small":-128,"count":18`),
		with(`"on":"false"`):                         with(`"on":false`),
		with(`"ratio":1.50e2`):                       with(`"ratio":1.50e2`),
		with(`"ratio":"-0.5"`):                       with(`"ratio":-0.5`),
		with(`"name":"ñ<\u00e9>\n"`):                 with(`"name":"ñ<é>\n"`),
		with(`"name":"\ud83d\ude00\/\"\\\u0001"`):    with(`"name":"😀/\"\\\u0001"`),
		with(`"agentId":"` + someID + `"`):           with(`"agentId":"` + someID + `"`),
		with(`"email":"a@b","code":"dk","even":"4"`): with(`"email":"a@b","code":"dk","even":4`),

		// enums
		with(`"status":["open","CLOSED"]`): with(`"status":["open","closed"]`),
		with(`"one":"Pending"`):            with(`"one":"pending"`),
		with(`"one":"PEND_ING"`):           with(`"one":"pending"`),

		// times
		with(`"after":"2026-01-31T09:30:00.500+02:00"`): with(`"after":"2026-01-31T09:30:00.5+02:00"`),
		with(`"after":"2026-01-31t09:30:00z"`):          with(`"after":"2026-01-31T09:30:00Z"`),
		with(`"after":"2026-01-31T09:30:15"`):           with(`"after":"2026-01-31T09:30:15Z"`),
		with(`"after":"2026-01-31T09:30"`):              with(`"after":"2026-01-31T09:30:00Z"`),
		with(`"since":"2026-01-31"`):                    with(`"since":"2026-01-31T00:00:00Z"`),

		// one value for an array; JSON in a string
		with(`"status":"open"`):                             with(`"status":["open"]`),
		with(`"ids":7`):                                     with(`"ids":[7]`),
		with(`"ids":"7"`):                                   with(`"ids":[7]`),
		with(`"ids":" [7, \"8\"]"`):                         with(`"ids":[7,8]`),
		with(`"grid":"[[1],2]"`):                            with(`"grid":[[1],[2]]`),
		with(`"ids":[]`):                                    with(`"ids":[]`),
		with(`"conditions":"[{\"field\":\"a\"}]"`):          with(`"conditions":[{"field":"a"}]`),
		with(`"conditions":["{\"field\":\"[1]\"}"]`):        with(`"conditions":[{"field":"[1]"}]`),
		with(`"first":{"values":"x","field":"{}"}`):         with(`"first":{"field":"{}","values":["x"]}`),
		with(`"labels":{"b":"2","a":"1"}`):                  with(`"labels":{"a":"1","b":"2"}`),
		with(`"values":{"b":null,"a":[1e999, {"x":"\t"}]}`): with(`"values":{"a":[1e999,{"x":"\u0009"}],"b":null}`),
		with(`"raw":{"a":12345678901234567890}`):            with(`"raw":{"a":12345678901234567890}`),
	} {
		t.Run(in, func(t *testing.T) {
			checked, err := s.Check([]byte(in), nil)
			require.NoError(t, err)
			requireValues(t, checked)
			got := checked.JSON
			require.Equal(t, want, string(got))
			again, err := s.Normalize(got)
			require.NoError(t, err)
			require.Equal(t, want, string(again))
		})
	}
	type none struct{}
	for _, empty := range []string{"", " \n", "null", " null ", "{}"} {
		got, err := Of[none]().Normalize([]byte(empty))
		require.NoError(t, err)
		require.Equal(t, `{}`, string(got))
	}
}

// requireValues holds the values beside canonical JSON to what encoding/json reads from it.
func requireValues(t *testing.T, c Checked) {
	t.Helper()
	var want map[string]any
	var parts map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(c.JSON))
	d.UseNumber()
	require.NoError(t, d.Decode(&want))
	require.NoError(t, json.Unmarshal(c.JSON, &parts))
	require.Equal(t, want, maps.Collect(c.Values.All()))
	for _, v := range c.Values {
		require.Equal(t, string(parts[v.Name]), string(v.JSON))
	}
	require.Equal(t, string(c.JSON), string(c.Values.JSON()))
}

func TestRefused(t *testing.T) {
	s := Of[everything]().Without("single")
	names := "conversationId, agentId, status, one, after, since, name, conditions, first, values, labels, raw, " +
		"limit, small, count, ratio, on, email, code, even, ids, grid"
	for in, want := range map[string]string{
		// the arguments as a whole
		`[1]`:              `arguments: got an array, want one JSON object of arguments`,
		`"{}"`:             `arguments: got "{}", want one JSON object of arguments`,
		`12`:               `arguments: got 12, want one JSON object of arguments`,
		`{"a":1`:           `arguments: got invalid JSON at byte 6 (unexpected end of JSON input), want one JSON object`,
		`{"a":x}`:          `arguments: got invalid JSON at byte 6 (invalid character 'x' looking for beginning of value), want one JSON object`,
		`{} {}`:            `arguments: got invalid JSON at byte 4 (invalid character '{' after top-level value), want one JSON object`,
		"{\"a\":\"\xff\"}": `arguments: got bytes that are not UTF-8 at byte 7, want JSON in UTF-8`,

		// names
		`{}`:                      `conversationId: got nothing, want an integer; it is required`,
		`{"conversationId":null}`: `conversationId: got nothing, want an integer; it is required`,
		with(`"limits":1`):        `limits: got an unknown argument, want one of ` + names + `; did you mean limit?`,
		with(`"Limit":null`):      `Limit: got an unknown argument, want one of ` + names + `; did you mean limit?`,
		with(`"l\u0456mit":1`):    `"l\u0456mit": got an unknown argument, want one of ` + names + `; it has characters that are hidden or only look alike; write limit in plain letters`,
		with(`"single":1`):        `single: got an unknown argument, want one of ` + names + `; did you mean since?`,
		with(`"conditions":[{"field":"a"},{"felid":"b"}]`): "conditions[1].felid: got an unknown property, want one of field, values; did you mean field?\n" +
			"conditions[1].field: got nothing, want a string; it is required",
		with(`"limit":1,"lim\u0069t":2`):       `limit: got the same name twice, want each name once`,
		with(`"values":{"a":[{"b":1,"b":1}]}`): `values.a[0].b: got the same name twice, want each name once`,

		// values
		with(`"limit":"x"`):               `limit: got "x", want an integer (1 to 50)`,
		with(`"limit":51`):                `limit: got 51, want an integer (1 to 50)`,
		with(`"limit":1.5`):               `limit: got 1.5, want an integer (1 to 50)`,
		with(`"limit":true`):              `limit: got true, want an integer (1 to 50)`,
		with(`"ids":[1,null]`):            `ids[1]: got null, want an integer`,
		with(`"ids":"1.0"`):               `ids[0]: got "1.0", want an integer`,
		with(`"ids":"01"`):                `ids[0]: got "01", want an integer`,
		with(`"ids":1e-400000`):           `ids[0]: got 1e-400000, want an integer`,
		with(`"ids":1e99999999999`):       `ids[0]: got 1e99999999999, want an integer; it does not fit into 64 bits`,
		with(`"ids":1e-99999999999`):      `ids[0]: got 1e-99999999999, want an integer`,
		with(`"ids":9223372036854775808`): `ids[0]: got 9223372036854775808, want an integer; it does not fit into 64 bits`,
		with(`"small":128`):               `small: got 128, want an integer (-128 to 127)`,
		with(`"count":-1`):                `count: got -1, want an integer (at least 0)`,
		with(`"ratio":"1e999"`):           `ratio: got "1e999", want a number`,
		with(`"ratio":"NaN"`):             `ratio: got "NaN", want a number`,
		with(`"on":"yes"`):                `on: got "yes", want true or false`,
		with(`"on":1`):                    `on: got 1, want true or false`,
		with(`"name":12`):                 `name: got 12, want a string (1 to 5 characters); put it in quotes: "12"`,
		with(`"name":{}`):                 `name: got an object, want a string (1 to 5 characters)`,
		with(`"name":""`):                 `name: got a string of 0 characters, want a string (1 to 5 characters)`,
		with(`"name":"ñandús"`):           `name: got a string of 6 characters, want a string (1 to 5 characters)`,
		with(`"name":"a\u0000"`):          `name: got text with a NUL character, want text without it`,
		with(`"name":"\ud83d"`):           `name: got half of a surrogate pair (\ud800 to \udfff), want whole Unicode characters`,
		with(`"values":{"a":["\u0000"]}`): `values.a[0]: got text with a NUL character, want text without it`,
		with(`"agentId":"42"`):            `agentId: got "42", want a UUID such as ` + someID,
		with(`"email":"nobody"`):          `email: got "nobody", want an email address such as a@example.com`,
		with(`"code":"dnk"`):              `code: got "dnk", want a string (two letters); it has two letters`,
		with(`"even":3`):                  `even: got 3, want an even number`,
		with(`"one":"opne"`):              `one: got "opne", want one of open, pending, closed; did you mean open?`,
		with(`"status":["open","x"]`):     `status[1]: got "x", want one of open, pending, closed`,
		with(`"status":"open,closed"`):    `status[0]: got "open,closed", want one of open, pending, closed`,
		with(`"after":"yesterday"`):       `after: got "yesterday", want a date and time such as 2026-01-31T09:30:00Z, or a date such as 2026-01-31`,
		with(`"after":"2026-02-30"`):      `after: got "2026-02-30", want a date and time such as 2026-01-31T09:30:00Z, or a date such as 2026-01-31; there is no day 2026-02-30`,

		// shapes
		with(`"ids":{}`):                   `ids: got an object, want an array of integers`,
		with(`"ids":"[1,"`):                `ids: got "[1,", want an array of integers; send the array itself, not text`,
		with(`"status":"['open']"`):        `status: got "['open']", want an array of strings; send the array itself, not text`,
		with(`"conditions":"a"`):           `conditions: got "a", want an array of objects (at most 3 items); send the array itself, not text`,
		with(`"conditions":{"field":"a"}`): `conditions: got an object, want an array of objects (at most 3 items)`,
		with(`"conditions":[{},{},{},{}]`): `conditions: got 4 items, want an array of objects (at most 3 items)`,
		with(`"first":"{'field':1}"`):      `first: got "{'field':1}", want an object; send the object itself, not text`,
		with(`"first":[]`):                 `first: got an array, want an object`,
		with(`"labels":{"a b":1}`):         `labels."a b": got 1, want a string; put it in quotes: "1"`,
	} {
		t.Run(in, func(t *testing.T) {
			_, err := s.Normalize([]byte(in))
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, want, e.Error())
		})
	}
	_, err := Of[struct{}]().Normalize([]byte(`{"a":1}`))
	require.EqualError(t, err, "a: got an unknown argument, want no arguments")
}

func TestSeveralProblems(t *testing.T) {
	s := Of[everything]()
	err := s.Decode([]byte(`{"x":1,"limit":0,"ids":["a","b","c","d","e","f","g","h"]}`), new(everything))
	var e *Error
	require.True(t, errors.As(err, &e))
	require.Len(t, e.Problems, 8)
	fields := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		fields[i] = p.Field
	}
	require.Equal(t, []string{"x", "conversationId", "limit", "ids[0]", "ids[1]", "ids[2]", "ids[3]", "ids[4]"}, fields)
	require.Equal(t, 3, strings.Count(e.Error(), "\n"))
	require.Contains(t, e.Error(), "\nand at least 5 more")
}

func TestLimitsOfSize(t *testing.T) {
	s := Of[struct {
		M map[string]any `json:"m"`
	}]()
	nested := func(levels int) string { return strings.Repeat(`[`, levels) + strings.Repeat(`]`, levels) }
	for args, ok := range map[string]bool{
		`{"m":{"a":` + nested(30) + `}}`:                        true,
		`{"m":{"a":` + nested(31) + `}}`:                        false,
		`{"m":` + quote(`{"a":`+nested(30)+`}`) + `}`:           true,
		`{"m":` + quote(`{"a":`+nested(31)+`}`) + `}`:           false, // not deeper by way of a string
		`{"m":{"a":` + nested(100_000) + `}}`:                   false,
		`{"m":{"a":"` + strings.Repeat("a", maxSize-14) + `"}}`: true,
		`{"m":{"a":"` + strings.Repeat("a", maxSize-13) + `"}}`: false,
	} {
		_, err := s.Normalize([]byte(args))
		require.Equal(t, ok, err == nil, "%.40s: %.200v", args, err)
		if err != nil {
			require.Less(t, len(err.Error()), 300)
		}
	}
	var many strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&many, `"k%d":0,`, i)
	}
	_, err := s.Normalize([]byte(`{"m":{` + many.String() + `"last":0}}`))
	require.NoError(t, err)
	_, err = s.Normalize([]byte(`{"m":{` + many.String() + `"k7":0}}`))
	require.EqualError(t, err, "m.k7: got the same name twice, want each name once")
}

func quote(s string) string { return string(appendString(nil, s)) }

func TestLongValuesAreCut(t *testing.T) {
	long := strings.Repeat("é", 5000)
	_, err := Of[everything]().Normalize([]byte(`{"` + long + `":1,"one":"` + long + `","conversationId":` + strings.Repeat("9", 5000) + `}`))
	var e *Error
	require.ErrorAs(t, err, &e)
	for _, p := range e.Problems {
		require.Less(t, len(p.Field)+len(p.Got), 300)
	}
}

// Names may stand where they are asked for, at any depth; all else is checked as ever.
func TestNaming(t *testing.T) {
	type item struct {
		ID   id     `json:"id"`
		Name string `json:"name" check:"max=5"`
	}
	s := Of[struct {
		One   id     `json:"one,omitzero"`
		Many  []id   `json:"many,omitzero"`
		Other id     `json:"other,omitzero"`
		Kind  status `json:"kind,omitzero"`
		Items []item `json:"items,omitzero"`
		Limit int    `json:"limit,omitzero" check:"max=5"`
	}]()
	named := s.Naming(func(path string) bool { return path == "one" || path == "many" || path == "items.id" || path == "kind" })
	args := `{"one":"Billing","many":"Returns","kind":"any","items":[{"id":"Anna Holm","name":"x"}]}`
	got, err := named.Normalize([]byte(args))
	require.NoError(t, err)
	require.Equal(t, `{"one":"Billing","many":["Returns"],"kind":"any","items":[{"id":"Anna Holm","name":"x"}]}`, string(got))
	_, err = named.Normalize([]byte(`{"one":7,"other":"Billing","items":[{"id":"x","name":"too long"}],"limit":9}`))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Problems, 4)
	_, err = s.Normalize([]byte(args))
	require.Error(t, err, "the schema itself stays as it is")
}

func TestDecode(t *testing.T) {
	var in everything
	require.NoError(t, Of[everything]().Decode([]byte(with(`"status":"Open","name":"x","after":"2026-01-31","even":2,
		"first":{"field":"f"},"values":{"id":9007199254740993,"n":null},"ids":["5"],"agentId":"`+someID+`"`)), &in))
	name := "x"
	require.Equal(t, everything{
		conversationRef: conversationRef{1}, AgentID: someID, Status: []status{"open"}, Name: &name,
		After: moment{time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)}, First: &condition{Field: "f"},
		Values: map[string]any{"id": json.Number("9007199254740993"), "n": nil}, IDs: []int64{5}, Even: 2,
	}, in)
	require.Nil(t, in.private)

	var wrong struct {
		ConversationID bool `json:"conversationId"`
	}
	err := Of[everything]().Decode([]byte(`{"conversationId":1}`), &wrong)
	require.ErrorContains(t, err, "fit the schema but not")
}

// What is added by With is checked, and decoded by a struct that has it.
func TestDecodeWith(t *testing.T) {
	s := Of[conversationRef]().With(Property{Name: "skip", Type: "integer"})
	var in struct {
		conversationRef
		Skip int `json:"skip"`
	}
	require.NoError(t, s.Decode([]byte(`{"conversationId":1,"skip":"20"}`), &in))
	require.Equal(t, 20, in.Skip)
	require.NoError(t, s.Decode([]byte(`{"conversationId":1,"skip":"20"}`), &in.conversationRef))
	require.Error(t, s.Decode([]byte(`{"conversationId":1,"skip":"far"}`), &in))
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `{"conversationId":1e3,"status":"Open","values":{"a":[1,{"b":null}]},"ratio":1.5}`,
		`{"conversationId":"1","after":"2026-01-31","conditions":"[{\"field\":\"\\ud83d\\ude00\"}]","labels":{"a":"b"}}`,
		`{"conversationId":1,"grid":"[1,[2]]","email":"a@b","code":"dk","name":"\u00e9","on":"true","small":-1}`,
	} {
		f.Add([]byte(seed))
	}
	s := Of[everything]()
	f.Fuzz(func(t *testing.T, args []byte) {
		checked, err := s.Check(args, nil)
		once := checked.JSON
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.Problems)
			require.LessOrEqual(t, len(e.Problems), maxProblems)
			return
		}
		require.True(t, json.Valid(once), "%q", once)
		requireValues(t, checked)
		twice, err := s.Normalize(once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
		require.NoError(t, s.Decode(args, new(everything)))
	})
}

func BenchmarkDecode(b *testing.B) {
	type search struct {
		conversationRef
		Status []status `json:"status,omitzero"`
		After  moment   `json:"after,omitzero"`
		Limit  int      `json:"limit,omitzero" check:"min=1,max=50"`
	}
	s := Of[search]()
	args := []byte(`{"conversationId":123456,"status":["open"],"limit":20}`)
	b.ReportAllocs()
	for b.Loop() {
		var in search
		if err := s.Decode(args, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	s := Of[everything]()
	args := []byte(`{"conversationId":123456,"status":["open"],"limit":20}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Normalize(args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Of[everything]().JSON()
	}
}

func TestRead(t *testing.T) {
	c, err := Read(map[string]json.RawMessage{"b": []byte(`[1,{"x":null}]`), "a": []byte(`"<\u00e9>"`), "c": []byte("9007199254740993")})
	require.NoError(t, err)
	require.Equal(t, `{"a":"<\u00e9>","b":[1,{"x":null}],"c":9007199254740993}`, string(c.JSON))
	requireValues(t, c)
	_, err = Read(map[string]json.RawMessage{"a": []byte("{")})
	require.ErrorContains(t, err, "a: ")
}
