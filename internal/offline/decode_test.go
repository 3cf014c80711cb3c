package offline

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseTime(t *testing.T) {
	want := time.Date(2021, 12, 1, 12, 46, 36, 581e6, time.UTC)
	for _, s := range []string{"2021-12-01T12:46:36.581Z", "2021-12-01T12:46:36.581Z[GMT]", "2021-12-01T13:46:36.581+01:00[Europe/Copenhagen]"} {
		got, err := parseTime(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "2021-12-01", "2021-12-01T12:46:36", "2021-12-01T12:46:36Z]", "[GMT]"} {
		_, err := parseTime(s)
		require.Error(t, err, s)
	}
}

// Numbers are integers when they are whole, however they are written, and never anything else.
func TestWholeNumbers(t *testing.T) {
	type body struct {
		N int32 `wire:"n,required"`
	}
	for text, ok := range map[string]bool{
		`{"n":1}`: true, `{"n":1.0}`: true, `{"n":1e3}`: true, `{"n":-5}`: true,
		`{"n":1.5}`: false, `{"n":"1"}`: false, `{"n":2147483648}`: false, `{"n":1e300}`: false, `{"n":true}`: false,
	} {
		var raw any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		require.NoError(t, dec.Decode(&raw))
		var b body
		err := fill(reflect.ValueOf(&b).Elem(), raw, nil)
		require.Equal(t, ok, err == nil, "%s: %v", text, err)
	}
}

// No body makes the decoder do anything but accept or refuse it.
func FuzzDecode(f *testing.F) {
	f.Add(`{"query":{"value":"x"},"filters":{"strategy":"All","conditions":[{"field":{"_type":"AgentId","operator":{"_type":"IsEmpty"}}}]}}`)
	f.Add(`{"_type":"Email","message":{"_type":"Inbound","content":{"_type":"Text","value":null}}}`)
	f.Add(`[{"id":"x","additionalEmails":[1]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var raw any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if dec.Decode(&raw) != nil {
			return
		}
		for _, v := range []any{new(searchIn), new(conversationIn), new(importIn), new([]patchAgentsIn), new(map[string]any), new(metricIn)} {
			_ = fill(reflect.ValueOf(v).Elem(), raw, nil)
		}
	})
}
