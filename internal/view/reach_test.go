package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

var cutMark = regexp.MustCompile(`… \[cut: [0-9,]+ characters\]$`)

// walk reads an answer piece by piece, as more says, and gives the pieces.
func walk(t *testing.T, body string, o Options) (pieces []string) {
	t.Helper()
	skip, offset := o.Skip, o.Offset
	for {
		o.Skip, o.Offset = skip, offset
		next := false
		o.Again = func(s, n int) string { skip, offset = s, n; return fmt.Sprintf("tool {%d,%d}", s, n) }
		r, err := Render(t.Context(), []byte(body), o)
		require.NoError(t, err)
		require.LessOrEqual(t, r.Tokens, cmp.Or(o.MaxTokens, defaultTokens), r.Text)
		require.True(t, json.Valid([]byte(r.Text)), r.Text)
		pieces = append(pieces, r.Text)
		var answer struct{ More string }
		require.NoError(t, json.Unmarshal([]byte(r.Text), &answer))
		if next = strings.Contains(answer.More, "tool {"); !next {
			require.Empty(t, answer.More, "the last page has no more")
			return pieces
		}
		_, err = fmt.Sscanf(answer.More[strings.Index(answer.More, "tool {"):], "tool {%d,%d}", &skip, &offset)
		require.NoError(t, err)
		require.Less(t, len(pieces), 500)
	}
}

// texts collects a property of the items of each piece, in order.
func texts(t *testing.T, pieces []string, property string) string {
	t.Helper()
	var all strings.Builder
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				if s, ok := value.(string); ok && name == property {
					all.WriteString(cutMark.ReplaceAllString(s, ""))
				}
				collect(value)
			}
		case []any:
			for _, item := range v {
				collect(item)
			}
		}
	}
	for _, p := range pieces {
		var v any
		require.NoError(t, json.Unmarshal([]byte(p), &v))
		collect(v)
	}
	return all.String()
}

func long(bytes int) string {
	var b strings.Builder
	for i := 0; b.Len() < bytes; i++ {
		fmt.Fprintf(&b, "Line %d of what happened on the trip, with \"every\" détail 👍🏽 that I remember.\n", i)
	}
	return strings.TrimSpace(b.String())
}

// TestLongTextsAreReadToTheEnd walks mails, notes, articles and transcripts of any length by what their answers say.
func TestLongTextsAreReadToTheEnd(t *testing.T) {
	text := long(220_000)
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	short := `{"id":"m0","attributes":{"_type":"EmailAttributes","direction":"Inbound","emailContent":{"content":{"_type":"Text","value":"hello"}}}}`
	mail := `{"id":"m1","attributes":{"_type":"EmailAttributes","direction":"Inbound","emailContent":{"content":{"_type":"Text","value":` + string(quoted) + `}}}}`
	for _, c := range []struct {
		name, body, property, want string
		o                          Options
	}{
		{"mail in a list", `{"data":[` + short + `,` + mail + `,` + short + `]}`, "text", "hello" + text + "hello", Options{Kind: Messages, SkipArg: true}},
		{"one mail", mail, "text", text, Options{Kind: Messages}},
		{"notes", `{"data":[{"id":"n","message":"a"},{"id":"o","message":` + string(quoted) + `}]}`, "message", "a" + text, Options{Fields: inside, SkipArg: true}},
		{"article", `{"data":{"id":"a","translation":{"draft":{"title":"T","contents":{"html":` + string(quoted) + `,"end":"x"}}}}}`, "html", text, Options{Fields: inside}},
	} {
		pieces := walk(t, c.body, c.o)
		require.Greater(t, len(pieces), 5, c.name)
		require.Equal(t, c.want, texts(t, pieces, c.property), c.name)
	}
	utterance := `{"id":"u%d","attributes":{"_type":"TranscriptAttributes","content":{"_type":"Text","value":"%d we talked about the refund. "}}}`
	var body, want []string
	for i := range 2000 {
		body = append(body, fmt.Sprintf(utterance, i, i))
		want = append(want, fmt.Sprintf("%d we talked about the refund.", i))
	}
	pieces := walk(t, `{"data":[`+strings.Join(body, ",")+`]}`, Options{Kind: Messages, SkipArg: true})
	require.Equal(t, strings.Join(want, ""), texts(t, pieces, "text"), "transcript")
	for _, p := range pieces {
		require.NotContains(t, p, "[cut:")
	}
}

// TestEveryLeafIsInOnePiece holds for any object: its pieces together have each of its texts once and whole.
func TestEveryLeafIsInOnePiece(t *testing.T) {
	race.Skip(t)
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		n := 0
		var value func(depth int) any
		value = func(depth int) any {
			switch k := r.IntN(5); {
			case depth > 4 || k < 2 || n > 40:
				n++
				return fmt.Sprintf("<%d>", n) + strings.Repeat("wörd \"x\" 👍 ", r.IntN(60)) + fmt.Sprintf("</%d>", n)
			case k < 4:
				m := map[string]any{}
				for range 1 + r.IntN(4) {
					m[fmt.Sprintf("k%d", r.IntN(100))] = value(depth + 1)
				}
				return m
			}
			var list []any
			for range 1 + r.IntN(5) {
				list = append(list, value(depth+1))
			}
			return list
		}
		body, err := json.Marshal(map[string]any{"a": value(0), "b": value(0), "c": value(0)})
		require.NoError(t, err)
		pieces := walk(t, string(body), Options{MaxTokens: 300, Fields: inside})
		// Maps have no order once decoded, so the pieces' texts are compared as they are in the answers.
		leaf := regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(:?)`)
		collect := func(texts ...string) string {
			var all strings.Builder
			for _, text := range texts {
				text, _, _ = strings.Cut(text, `,"more":`)
				for _, m := range leaf.FindAllStringSubmatch(text, -1) {
					if m[2] == "" {
						all.WriteString(cutMark.ReplaceAllString(m[1], ""))
					}
				}
			}
			return all.String()
		}
		whole, err := Render(t.Context(), body, Options{MaxTokens: 10_000_000, Fields: inside})
		require.NoError(t, err)
		require.Equal(t, collect(whole.Text), collect(pieces...))
	})
}

func TestDataURIs(t *testing.T) {
	png := strings.Repeat("iVBORw0KGgoAAAANSUhE", 100)
	wrapped := strings.Repeat(strings.Repeat("A", 76)+"\n", 30) + "QUJD=="
	for in, want := range map[string]string{
		"see ![photo](data:image/png;base64," + png + ") and refund HB-1":             "see ![photo]([image, 2 kB]) and refund HB-1",
		`<img src="DATA:image/svg+xml;charset=utf-8;base64,` + png + `" alt="x"> end`: `<img src="[image, 2 kB]" alt="x"> end`,
		"a data:application/pdf;base64," + png + " b":                                 "a [file, 2 kB] b",
		"a data:image/gif;base64,R0lGODlhAQABAAAAACw= b":                              "a [image, 15 bytes] b",
		"a data:image/png;base64,\n" + wrapped + "\nregards":                          "a [image, 2 kB]\nregards",
		"our data: image, text":                                                       "our data: image, text",
		"a data:image/svg+xml,%3Csvg" + strings.Repeat("%20", 50) + " b":              "a [image, 156 bytes] b",
	} {
		require.Equal(t, want, withoutData(in))
	}
}
