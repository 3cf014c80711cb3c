package audit

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/test/seeds"
)

// wireRecord is a record as encoding/json writes it: the outer time wins over the embedded one.
type wireRecord struct {
	Time string `json:"time"`
	*recordFields
}

type recordFields Record

// byReflection returns what encoding/json makes of a record.
func byReflection(r Record) ([]byte, error) {
	return plainjson.Marshal(wireRecord{r.Time.UTC().Format(timeLayout), (*recordFields)(&r)})
}

// awkward are texts that JSON does not write as they are, and some that it does.
var awkward = []string{"", "", "admin", "claim_conversation", "a \"quoted\" \\ text", "<b>&amp;</b>", "Søren Ærø", "line\nbreak\t\x00\x1f\x7f",
	"broken \xff\xc3 UTF-8", "\u2028\u2029", "\U0001F600", "\u200b\ufeff", "'", "/"}

// randomRecord fills every field of a record, or leaves it empty, also those that are added later.
func randomRecord(r *rand.Rand) (record Record) {
	randomly(r, reflect.ValueOf(&record).Elem())
	return record
}

func randomArguments(r *rand.Rand) Arguments {
	text, _ := json.MarshalIndent(map[string]any{awkward[r.IntN(len(awkward))]: awkward[r.IntN(len(awkward))], "n": r.IntN(100), "list": []any{nil, true}}, "", " ")
	switch r.IntN(3) {
	case 0:
		return Unreduced(text)
	case 1:
		return ReduceJSON(text, map[string]Kind{"n": Plain, "list": Plain}, []byte("key"))
	}
	return Arguments{}
}

func randomly(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(awkward[r.IntN(len(awkward))])
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(4) * (r.Int64N(2000) - 1000))
	case reflect.Bool: // none is written
		v.SetBool(r.IntN(2) == 0)
	case reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			randomly(r, v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			randomly(r, v.Elem())
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			v.SetMapIndex(reflect.ValueOf(awkward[r.IntN(len(awkward))]), reflect.ValueOf(awkward[r.IntN(len(awkward))]))
		}
	case reflect.Uint8:
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Arguments]() {
			*v.Addr().Interface().(*Arguments) = randomArguments(r)
			return
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMilli(r.Int64N(1 << 41)).In(time.FixedZone("", r.IntN(20000)))))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				randomly(r, v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("a record has a field of kind %s: teach it to randomly, and to Record.appendJSON", v.Kind()))
	}
}

func TestRecordsAreWrittenAsByReflection(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		record := randomRecord(r)
		want, err := byReflection(record)
		require.NoError(t, err)
		got, err := record.appendJSON(nil)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}

func TestArgumentsThatAreNotJSONAreNotWritten(t *testing.T) {
	_, err := (&Record{Arguments: Unreduced(json.RawMessage(`{"a":`))}).appendJSON(nil)
	require.ErrorContains(t, err, "arguments")
}

func FuzzRecordTexts(f *testing.F) {
	for _, text := range awkward {
		f.Add(text, 1)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		record := Record{Event: Event(text), Agent: text, Tokens: n, Names: map[string]string{text: text}, Operations: []Operation{{Operation: text, Error: text, Status: n}}}
		want, err := byReflection(record)
		require.NoError(t, err)
		got, err := record.appendJSON(nil)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}
