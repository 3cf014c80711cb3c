package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
	"dixa-mcp/internal/test/seeds"
)

func TestRenderGolden(t *testing.T) {
	for _, c := range []struct {
		name, body string
		o          Options
	}{
		{"messages", "messages", Options{Kind: Messages, Fields: ofMessages}},
		{"messages_cut", "messages", Options{Kind: Messages, MaxTokens: 900, SkipArg: true, Skip: 1}},
		{"messages_one_cut", "messages", Options{Kind: Messages, MaxTokens: 280, SkipArg: true}},
		{"messages_as_plain", "messages", Options{}},
		{"search", "search", Options{PageLimit: true, NextKey: "cGFn:", Fields: Fields{"highlights": Untrusted, "innerHits": Untrusted}}},
		{"conversation", "conversation", Options{}},
		{"conversation_cut", "conversation", Options{MaxTokens: 300}},
		{"webhooks", "webhooks", Options{Secret: []string{"secretKey"}, Fields: inside}},
		{"notes", "notes", Options{Fields: Fields{"message": Untrusted, "subject": Trusted}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", c.body+".json"))
			require.NoError(t, err)
			before := bytes.Clone(body)
			r, err := Render(t.Context(), body, c.o)
			require.NoError(t, err)
			require.Equal(t, before, body, "the body is the caller's")
			checkResult(t, r, c.o)

			var got bytes.Buffer // indented, so that a change can be read
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			fmt.Fprintf(&got, "// %d tokens, untrusted %t\n", r.Tokens, strings.Contains(r.Text, untrusted))
			require.NoError(t, json.Indent(&got, []byte(r.Text), "", "  "))
			got.WriteByte('\n')
			golden.Equal(t, filepath.Join("testdata", c.name+".golden"), got.Bytes())
		})
	}
}

// ofMessages is what says who wrote a Dixa agent's message.
var ofMessages = Fields{"authorId": Trusted, "externalId": Trusted, "attributes": Trusted}

// inside says that no answer holds text of others.
var inside = Fields{"": Trusted}

// checkResult holds for whatever Render answers.
func checkResult(t *testing.T, r Result, o Options) {
	t.Helper()
	limit := o.MaxTokens
	if limit == 0 {
		limit = defaultTokens
	}
	require.LessOrEqual(t, r.Tokens, max(limit, leastTokens), r.Text)
	require.Equal(t, EstimateTokens(r.Text), r.Tokens)
	require.True(t, utf8.ValidString(r.Text))
	require.True(t, json.Valid([]byte(r.Text)), r.Text)
	require.Equal(t, byte('{'), r.Text[0])
}

func TestRenderEnvelope(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"list", `{"data":[1,2],"meta":{"next":null}}`, `{"items":[1,2]}`},
		{"bare list", ` [ {"a" : 1} , {"b":-2.50e+7} ] `, `{"items":[{"a":1},{"b":-2.50e+7}]}`},
		{"list below data", `{"data":{"schedules":[{"id":"x"}]}}`, `{"items":[{"id":"x"}]}`},
		{"empty list", `{"data":[],"meta":null}`, `{"items":[]}`},
		{"empty list below data", `{"data":{"schedules":[]}}`, `{"items":[]}`},
		{"two lists", `{"data":{"categories":[1],"articles":[]}}`, `{"categories":[1]}`},
		{"object", `{"data":{"id":9223372036854775807,"b":true}}`, `{"id":9223372036854775807,"b":true}`},
		{"no envelope", `{"message":"x","data2":1}`, `{"message":"x","data2":1}`},
		{"no data", `{"meta":{"next":"x"}}`, `{}`},
		{"nothing", `{}`, `{}`},
		{"null", `null`, `{}`},
		{"data null", `{"data":null}`, `{}`},
		{"scalar", `"x"`, `{"data":"x"}`},
		{"scalar data", `{"data":12,"meta":1}`, `{"data":12}`},
		{"errors beside a list", `{"data":[1],"partialErrors":[{"message":"x"}],"meta":{}}`, `{"items":[1],"partialErrors":[{"message":"x"}]}`},
		{"errors beside an object", `{"data":{"id":1},"partialErrors":[2]}`, `{"data":{"id":1},"partialErrors":[2]}`},
		{"names of the envelope", `{"data":[1],"items":2,"more":3}`, `{"items":[1],"dixa.items":2,"dixa.more":3}`},
		{"empty values", `{"data":{"a":null,"b":"","c":[],"d":{},"e":[null,{"f":null},""],"g":0,"h":false,"i":"\u200b"}}`, `{"g":0,"h":false}`},
		{"empty items keep their place", `{"data":[null,{},{"a":null},"",[],1]}`, `{"items":[null,{},{},"",[],1]}`},
		{"escapes", `{"data":{"a":"<b>&\u003c\/ \u00e6 \ud83d\ude00 \ud800 \"q\" \\ \r\n\u0007"}}`, `{"a":"<b>&</ æ 😀 � \"q\" \\ \n"}`},
		{"zones", `{"data":{"a":"2021-12-01T12:46:36.581Z[GMT]","b":"2021-12-01T12:46:36Z[Etc/UTC]","c":"2021-12-01T12:46:36Z [see here]"}}`,
			`{"a":"2021-12-01T12:46:36.581Z","b":"2021-12-01T12:46:36Z","c":"2021-12-01T12:46:36Z [see here]"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Render(t.Context(), []byte(c.in), Options{Fields: inside})
			require.NoError(t, err)
			require.Equal(t, c.want, r.Text)
			checkResult(t, r, Options{})
		})
	}
	for _, in := range []string{"", "  \n"} {
		r, err := Render(t.Context(), []byte(in), Options{})
		require.NoError(t, err)
		require.Zero(t, r)
	}
}

func TestRenderRefusesWhatIsNotJSON(t *testing.T) {
	for _, in := range []string{"<html>", "{", `{"a":}`, `{"a":1,}`, `[1 2]`, `"a`, `"\x"`, `"\u12g4"`, "\"\n\"", "01", "1.", "nul", `{} {}`, `{a:1}`} {
		_, err := Render(t.Context(), []byte(in), Options{})
		require.ErrorContains(t, err, "not valid JSON", in)
		require.NotContains(t, err.Error(), in+" ")
	}
	_, err := Render(t.Context(), []byte(strings.Repeat("[", 500)+strings.Repeat("]", 500)), Options{})
	require.ErrorContains(t, err, "nested more than 100 levels")
}

// numbers is a list of n items of some tokens each.
func numbers(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"data":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"n":%d,"word":"%s"},`, i, strings.Repeat("word ", 10))
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]}`)
	return b.Bytes()
}

func TestRenderSaysHowToGetTheRest(t *testing.T) {
	for _, c := range []struct {
		name         string
		n            int
		o            Options
		shown        int
		more, absent string
	}{
		{"skip", 60, Options{SkipArg: true}, 12, `"shown":12,"total":60,"more":"shown 1-12 of 60; for the rest: call again with skip=12"}`, "nextPageKey"},
		{"skip again", 60, Options{SkipArg: true, Skip: 9}, 12, `"more":"shown 10-21 of 60; for the rest: call again with skip=21"}`, ""},
		{"skip to the end", 60, Options{SkipArg: true, Skip: 57}, 3, `]}`, "more"},
		{"pages", 60, Options{PageLimit: true, NextKey: "k", PageKey: "j", Limit: 60}, 13, `"nextPageKey":"cut:13:60:0:j"}`, ""},
		{"pages again", 60, Options{PageLimit: true, NextKey: "k", PageKey: "j", Limit: 60, Skip: 50}, 10, `"nextPageKey":"k"}`, "cut:"},
		{"another page", 2, Options{PageLimit: true, NextKey: `a"b=`}, 2, `],"more":"for the rest call again with the same arguments and pageKey set to nextPageKey","nextPageKey":"a\"b="}`, "shown"},
		{"no argument", 60, Options{}, 13, `"more":"shown 13 of 60; the rest does not fit, so ask for less"}`, ""},
		{"all", 2, Options{SkipArg: true}, 2, `]}`, "more"},
		{"key too long", 2, Options{NextKey: strings.Repeat("ab1", 200)}, 2, `"more":"there is another page, but its key is too long to show"}`, "nextPageKey"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.MaxTokens, c.o.Fields = 300, inside
			r, err := Render(t.Context(), numbers(c.n), c.o)
			require.NoError(t, err)
			checkResult(t, r, c.o)
			require.True(t, strings.HasSuffix(r.Text, c.more), r.Text)
			var answer struct{ Items []any }
			require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
			require.Len(t, answer.Items, c.shown)
			require.Equal(t, c.n, r.Total)
			if c.absent != "" {
				require.NotContains(t, r.Text, c.absent)
			}
		})
	}
}

// Calling again with the skip that the answer names shows every item once.
func TestRenderSkipLosesNothing(t *testing.T) {
	next := 0
	for skip := 0; skip < 60; {
		r, err := Render(t.Context(), numbers(60), Options{SkipArg: true, Skip: skip, MaxTokens: 300, Fields: inside})
		require.NoError(t, err)
		var answer struct{ Items []struct{ N int } }
		require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
		require.NotEmpty(t, answer.Items)
		for _, item := range answer.Items {
			require.Equal(t, next, item.N)
			next++
		}
		skip += len(answer.Items)
	}
	require.Equal(t, 60, next)
}

func TestRenderCutsOneItemThatIsTooLarge(t *testing.T) {
	long, short := strings.Repeat("æble ", 20000), "kept as it is"
	item := `{"id":"41646d42-edc0-493e-ac7b-814d9ff40a2e","a":"` + long + `","b":"` + short + `","c":"\"\n` + long + `"}`
	t.Run("in a list", func(t *testing.T) {
		r, err := Render(t.Context(), []byte(`{"data":[`+item+`,1]}`), Options{MaxTokens: 1000, SkipArg: true})
		require.NoError(t, err)
		checkResult(t, r, Options{MaxTokens: 1000})
		require.Greater(t, r.Tokens, 850)
		require.Contains(t, r.Text, " characters]")
		require.Contains(t, r.Text, `"shown":1,"total":2,"more":"item 1 of 2 is cut; for the rest: call again with skip=0 and offset=`)
	})
	t.Run("alone", func(t *testing.T) {
		r, err := Render(t.Context(), []byte(`{"data":`+item+`}`), Options{MaxTokens: 1000})
		require.NoError(t, err)
		checkResult(t, r, Options{MaxTokens: 1000})
		require.Contains(t, r.Text, `,"more":"it is cut; for the rest call again with offset=`)
		var answer struct{ ID, A string }
		require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
		require.Equal(t, "41646d42-edc0-493e-ac7b-814d9ff40a2e", answer.ID)
		kept, cut, found := strings.Cut(answer.A, "… [cut: ")
		require.True(t, found)
		var thousand, rest int
		_, err = fmt.Sscanf(cut, "%d,%d characters]", &thousand, &rest)
		require.NoError(t, err)
		require.Equal(t, 100000, utf8.RuneCountInString(kept)+thousand*1000+rest)
	})
	t.Run("many numbers", func(t *testing.T) {
		r, err := Render(t.Context(), []byte(`{"data":{"x":1,"list":[1`+strings.Repeat(",123456", 9000)+`]}}`), Options{MaxTokens: 500})
		require.NoError(t, err)
		checkResult(t, r, Options{MaxTokens: 500})
		require.Contains(t, r.Text, `"more":"it is cut; for the rest call again with offset=`)
	})
	t.Run("one number", func(t *testing.T) {
		r, err := Render(t.Context(), []byte(`{"data":{"x":1`+strings.Repeat("0", 9000)+`}}`), Options{MaxTokens: 500})
		require.NoError(t, err)
		checkResult(t, r, Options{MaxTokens: 500})
		require.Contains(t, r.Text, `"more":"it is cut`)
	})
	t.Run("the mark stays", func(t *testing.T) {
		var b strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&b, `"p%d":%d,`, i, i)
		}
		body := `{"data":[{"id":"x","attributes":{` + b.String() + `"content":{"_type":"Text","value":"hej"},"direction":"Inbound"}}]}`
		r, err := Render(t.Context(), []byte(body), Options{Kind: Messages, MaxTokens: 300})
		require.NoError(t, err)
		checkResult(t, r, Options{MaxTokens: 300})
		require.Contains(t, r.Text, `"author":"customer"`)
		require.Contains(t, r.Text, untrusted)
	})
}

// Whatever the body, the answer stays within the budget.
func TestRenderKeepsTheBudget(t *testing.T) {
	seeds.Run(t, func(t *testing.T, random *rand.Rand) {
		body := randomBody(random)
		o := Options{
			MaxTokens: 1 + random.IntN(2000), Skip: random.IntN(4), SkipArg: random.IntN(2) == 0,
			PageLimit: random.IntN(2) == 0, Kind: Kind(random.IntN(3)), Fields: []Fields{nil, inside}[random.IntN(2)], NextKey: strings.Repeat("aB3", random.IntN(60)),
		}
		r, err := Render(t.Context(), body, o)
		if outside := new(OutsideError); errors.As(err, &outside) && o.Skip > 0 {
			return
		}
		require.NoError(t, err, string(body))
		checkResult(t, r, o)
	})
}

// randomBody makes an answer of any shape and size.
func randomBody(random *rand.Rand) []byte {
	var value func(depth int) any
	value = func(depth int) any {
		switch n := random.IntN(12 - 2*min(depth, 3)); {
		case n < 3:
			return strings.Repeat([]string{"word ", "日本", "x1-", "\"\\", "<b>a</b>", "\u200b"}[random.IntN(6)], 1<<random.IntN(10))
		case n < 4:
			return []any{nil, true, "", json.Number("12345678901234567890.5")}[random.IntN(4)]
		case n < 5:
			return map[string]any{"_type": "Html", "value": strings.Repeat("<p>hej &amp; <i>", random.IntN(50))}
		case n < 8:
			m := map[string]any{}
			for i := range random.IntN(8) {
				m[[]string{"id", "text", "untrusted", "more", "attributes", "subject", "direction", "content"}[i]] = value(depth + 1)
			}
			return m
		}
		var list []any
		for range random.IntN(40 >> depth) {
			list = append(list, value(depth+1))
		}
		return list
	}
	body, err := json.Marshal(map[string]any{"data": value(0), "meta": nil})
	if err != nil {
		panic(err)
	}
	return body
}

func TestRenderRedacts(t *testing.T) {
	body := `{"data":{"secretKey":"s3cret","a":[{"SecretKey":{"b":"s3cret"}}],"headers":{"aUTHORIZATION":"s3cret","X-Key":"s3cret"},` +
		`"s\u0065cretKey":"s3cret","secret\u200bKey":["s3cret"],"secretKeyId":"shown","none":{"secretKey":null}}}`
	r, err := Render(t.Context(), []byte(body), Options{Secret: []string{"secretKey", "x-key"}, Fields: inside})
	require.NoError(t, err)
	require.Equal(t, `{"secretKey":"[redacted]","a":[{"SecretKey":"[redacted]"}],"headers":{"aUTHORIZATION":"[redacted]","X-Key":"[redacted]"},`+
		`"secretKey":"[redacted]","secretKey":"[redacted]","secretKeyId":"shown"}`, r.Text)
}

func FuzzRender(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body, 300, 1, 3)
	}
	f.Add([]byte(`{"data":[{"attributes":{"content":{"_type":"Html","value":"<p>a"},"untrusted":false}}],"x":1}`), 0, 0, 1)
	f.Fuzz(func(t *testing.T, body []byte, budget, skip, bits int) {
		o := Options{MaxTokens: max(budget, 0), Skip: skip, SkipArg: bits&4 != 0, PageLimit: bits&8 != 0, Kind: Kind(bits & 1), Secret: []string{"id"}}
		before := bytes.Clone(body)
		r, err := Render(t.Context(), body, o)
		require.Equal(t, before, body)
		if len(bytes.Trim(body, " \t\r\n")) == 0 {
			require.Zero(t, r)
			return
		}
		if err != nil {
			require.True(t, !json.Valid(body) || strings.Contains(err.Error(), "levels deep") || o.Skip > 0 && errors.As(err, new(*OutsideError)), err)
			return
		}
		require.True(t, json.Valid(body))
		checkResult(t, r, o)
	})
}
