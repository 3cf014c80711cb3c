package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var testKinds = map[string]Kind{
	"conversationId": Plain, "channel": Plain, "tagIds": Plain, "email": Personal, "contacts": Personal, "message": Text,
	"filter.queueId": Plain, "filter.search": Personal, "bulk.items.id": Plain, "anything": Plain,
}

func TestArguments(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"none", ``, ``},
		{"null", `null`, ``},
		{"an empty object", ` {} `, `{}`},
		{"plain", `{"conversationId":1234,"channel":"email"}`, `{"channel":"email","conversationId":1234}`},
		{"a number as large as ids can be", `{"conversationId":2147483647}`, `{"conversationId":2147483647}`},
		{"null fields are dropped", `{"channel":null,"tagIds":[null,"a",null]}`, `{"tagIds":["a"]}`},
		{"a list", `{"tagIds":["a-1","b-2"]}`, `{"tagIds":["a-1","b-2"]}`},
		{"text", `{"message":"Dear <Anna> ☺"}`, `{"message":{"chars":13,"sha256":"e2b8dafd8beea142"}}`},
		{"empty text", `{"message":""}`, `{"message":{"chars":0,"sha256":"e3b0c44298fc1c14"}}`},
		{"plain that is prose", `{"channel":"my name is Anna"}`, `{"channel":{"chars":15,"sha256":"e22fe69bb0907d56"}}`},
		{"plain that is too long", `{"channel":"` + strings.Repeat("x", 129) + `"}`, `{"channel":{"chars":129,"sha256":"0ec9eb33e74510bc"}}`},
		{"personal", `{"email":"anna@example.com"}`, `{"email":{"hash":"dacc3a00f3963347"}}`},
		{"personal in other letters", `{"email":" Anna@Example.COM "}`, `{"email":{"hash":"dacc3a00f3963347"}}`},
		{"a personal number", `{"email":4512345678}`, `{"email":{"hash":"b054886df13e1310"}}`},
		{"personal is inherited", `{"contacts":[{"name":"Anna"}]}`, `{"contacts":[{"#82a3537f":{"hash":"d27d461c645c7ca8"}}]}`},
		{"plain is not", `{"anything":{"name":"Anna"}}`, `{"anything":{"#82a3537f":{"chars":4,"sha256":"bf4fccd616251b67"}}}`},
		{"an unlisted name", `{"name":"Anna"}`, `{"#82a3537f":{"chars":4,"sha256":"bf4fccd616251b67"}}`},
		{"unlisted numbers and booleans", `{"n":12,"b":true}`, `{"#1b16b1df":{"chars":2,"sha256":"6b51d431df5d7f14"},"#3e23e816":true}`},
		{"a phone number as an id", `{"conversationId":4551234567}`, `{"conversationId":{"hash":"6363fbc20fe86643"}}`},
		{"a number that is a message", `{"n":` + strings.Repeat("1", 41) + `}`, `{"#1b16b1df":{"hash":"89b0a78d614db701"}}`},
		{"nested", `{"filter":{"queueId":"q1","search":"lost parcel"}}`, `{"filter":{"queueId":"q1","search":{"hash":"18f5e5df06d5ca30"}}}`},
		{"nested in a list", `{"bulk":{"items":[{"id":1},{"id":"x"}]}}`, `{"bulk":{"items":[{"id":1},{"id":"x"}]}}`},
		{"a listed name elsewhere", `{"filter":{"channel":"email"}}`, `{"filter":{"#69e36568":{"chars":5,"sha256":"82244417f956ac7c"}}}`},
		{"a string alone", `"Anna"`, `{"chars":4,"sha256":"bf4fccd616251b67"}`},
		{"not JSON", `{"message":"Dear`, `{"unreadable":16}`},
		{"more than JSON", `{} {}`, `{"unreadable":5}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ReduceJSON(json.RawMessage(test.in), testKinds, []byte("key")).String()
			require.Equal(t, test.want, got)
		})
	}
}

func TestPersonalWithoutAKeyIsNotHashed(t *testing.T) {
	require.Equal(t, `{"email":{"chars":16}}`, ReduceJSON([]byte(`{"email":"anna@example.com"}`), testKinds, nil).String())
}

func TestArgumentsNestedDeeply(t *testing.T) {
	const depth = 9_000
	in := strings.Repeat(`{"`+strings.Repeat("x", 100)+`":`, depth) + "1" + strings.Repeat("}", depth)
	require.Less(t, len(ReduceJSON([]byte(in), testKinds, nil).JSON()), len(in))
}

var (
	hexHash    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	hiddenName = regexp.MustCompile(`^#[0-9a-f]{8}$`)
)

// requireReduced checks that value, out of Arguments, holds no text but names and plain strings that are listed.
func requireReduced(t *testing.T, path string, value any) {
	switch v := value.(type) {
	case string:
		kind, listed := testKinds[path]
		require.True(t, listed && kind == Plain && looksPlain(v), "%q at %q", v, path)
	case []any:
		for _, item := range v {
			requireReduced(t, path, item)
		}
	case map[string]any:
		for name, nested := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			_, listed := testKinds[at]
			switch {
			case listed || slices.Contains([]string{"filter", "bulk", "bulk.items"}, at):
				requireReduced(t, at, nested)
			case hiddenName.MatchString(name):
				requireReduced(t, "#", nested)
			case name == "sha256" || name == "hash":
				require.Regexp(t, hexHash, nested)
			default:
				require.Contains(t, []string{"chars", "unreadable"}, name)
				require.IsType(t, json.Number(""), nested)
			}
		}
	case json.Number:
		require.LessOrEqual(t, len(v), maxPlainNumber)
	default:
		require.IsType(t, true, value, "nulls are dropped")
	}
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		`{"conversationId":1234,"message":"Dear Anna","email":"anna@example.com"}`,
		`{"filter":{"queueId":"q","search":"lost"},"bulk":{"items":[{"id":1,"note":"text"}]}}`,
		`{"filter.queueId":"q","a\u002eb":[null,[{"":"secret"}]],"tagIds":{"x":"secret"}}`,
		`{"message":"\ud800","message":"\u0000"}`, `"text"`, `[["text"]]`, `nul`, "{\"\xff\":1e400}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out := ReduceJSON(raw, testKinds, []byte("key"))
		require.Equal(t, out.String(), ReduceJSON(raw, testKinds, []byte("key")).String(), "the same every time")
		if out.IsZero() {
			return
		}
		value, ok := decode(out.JSON())
		require.True(t, ok)
		requireReduced(t, "", value)
		require.Equal(t, value, out.Values(), "sentences are made from the values, and later from the record")
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, out.JSON()))
		require.Equal(t, compact.String(), out.String(), "it is written to the record as it is")
		if given, _ := decode(raw); given != nil {
			if object, ok := given.(map[string]any); ok {
				require.Equal(t, out, Reduce(maps.All(object), testKinds, []byte("key")))
			}
		}
	})
}
