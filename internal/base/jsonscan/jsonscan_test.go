package jsonscan

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParts(t *testing.T) {
	text := []byte(` { "a" : [1, "x]\\\"" ,{"b":{}}, -2.5e3 ,true] ,"q\"\\":"{", "n":null } `)
	obj := text[SkipSpace(text, 0):]
	var names, values []string
	for name, value := range Members(obj) {
		names, values = append(names, string(name)), append(values, string(value))
	}
	require.Equal(t, []string{"a", `q\"\\`, "n"}, names)
	require.Equal(t, []string{`[1, "x]\\\"" ,{"b":{}}, -2.5e3 ,true]`, `"{"`, "null"}, values)
	var elements []string
	for e := range Elements([]byte(values[0])) {
		elements = append(elements, string(e))
	}
	require.Equal(t, []string{"1", `"x]\\\""`, `{"b":{}}`, "-2.5e3", "true"}, elements)
	require.Equal(t, "}", string(obj[len(obj)-2:len(obj)-1]))
	for range Members([]byte(" {}")[1:]) {
		require.Fail(t, "an empty object has no members")
	}
}

// FuzzMembers compares with encoding/json, for every valid object.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1}`, `{"a" : {"b":[]} , "c":"\\"}`, "{\n\"\\u0061\":[[],{}]}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		if len(text) == 0 || text[0] != '{' || json.Unmarshal(text, &want) != nil {
			return
		}
		got := map[string]json.RawMessage{}
		for name, value := range Members(text) {
			got[Unquote(name)] = value
		}
		require.Equal(t, want, got)
	})
}

// FuzzSkip holds Skip to ValueEnd where the text is valid; any other text must not make it fail.
func FuzzSkip(f *testing.F) {
	for _, text := range []string{`{"a":[1,"]\\\""]}`, `-1.5e3`, `"x`, `[{]`, `]`, `"\`, `"\"`, `tr:ue`, `{"a":"\\"}x`, ``} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		end, ok := Skip(text, 0)
		require.True(t, !ok && end == 0 || ok && end > 0 && end <= len(text))
		if begin := SkipSpace(text, 0); json.Valid(text) {
			end, ok := Skip(text, begin)
			require.True(t, ok)
			require.Equal(t, ValueEnd(text, begin), end)
		}
	})
}
