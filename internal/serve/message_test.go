package serve

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var repeating = map[string]bool{
	`{}`: false, `[]`: false, `"x"`: false, `7`: false,
	`{"a":1,"a":2}`: true, `{"a":1,"A":2}`: true, `{"a":"a","b":"a"}`: false,
	`{"params":{"x":1,"x":2}}`: true, `{"params":{"arguments":{"x":1,"x":2}}}`: false,
	`{"params":{"_meta":{"x":1,"x":2}}}`: true, `{"para\u006ds":1,"params":2}`: true, `{"param\u017f":1,"params":2}`: true,
	`{"params":[{"x":1},{"x":1,"x":1}],"z":{"params":1}}`: false, `{"params":{"_meta":{"q":"}{\"","q2":[1,{"a":1,"a":1}]},"_meta":1}}`: true,
	`{"a" : {"params":{"x":1,"x":2}} , "b":1}`: false, `{"a":["params",{"x":1,"x":1}]}`: false,
	`{"x":"\\","x":1}`: true, `{"params":[{"_meta":{"x":1,"x":2}}]}`: false,
}

func TestRepeats(t *testing.T) {
	for message, want := range repeating {
		require.Equal(t, want, repeats([]byte(message)), message)
	}
}

// What is found is what a reader of the whole finds.
func FuzzRepeats(f *testing.F) {
	for message := range repeating {
		f.Add(message)
	}
	twice := func(object json.RawMessage) bool {
		d := json.NewDecoder(strings.NewReader(string(object)))
		if open, _ := d.Token(); open != json.Delim('{') {
			return false
		}
		var seen []string
		for d.More() {
			name, _ := d.Token()
			var value json.RawMessage
			_ = d.Decode(&value)
			for _, s := range seen {
				if strings.EqualFold(s, name.(string)) {
					return true
				}
			}
			seen = append(seen, name.(string))
		}
		return false
	}
	f.Fuzz(func(t *testing.T, message string) {
		if !json.Valid([]byte(message)) {
			return
		}
		var m struct{ Params json.RawMessage }
		var p struct {
			Meta json.RawMessage `json:"_meta"`
		}
		want := twice(json.RawMessage(message))
		if !want && json.Unmarshal([]byte(message), &m) == nil {
			want = twice(m.Params)
			if !want && json.Unmarshal(m.Params, &p) == nil {
				want = twice(p.Meta)
			}
		}
		if got := repeats([]byte(message)); got != want {
			t.Fatalf("%q: %v", message, got)
		}
	})
}
