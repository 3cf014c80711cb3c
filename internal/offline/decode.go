package offline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bodies are Go structs whose fields carry a wire tag: the exact name, then "required" and the format of strings.
//
//	QueueID string `wire:"queueId,required,uuid"`
//
// decode is stricter than encoding/json, as Dixa is: names are exact, nothing may be unknown, required fields must be there, a null
// is an absent field. A field of an interface type is a union, told apart by `_type`.

// decode reads the body of a request. Without a body it is an error.
func decode[T any](c *call) (T, error) {
	var v T
	if !c.hasBody() {
		return v, errBody.because("the operation needs a body")
	}
	if !c.isJSON() {
		return v, errBody.because("the Content-Type is not application/json")
	}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.UseNumber()
	var raw any
	if err := dec.Decode(&raw); err != nil {
		return v, errBody.because("body: %v", err)
	}
	if dec.More() {
		return v, errBody.because("body: more than one JSON value")
	}
	if err := fill(reflect.ValueOf(&v).Elem(), raw, nil); err != nil {
		return v, errBody.because("body%v", err)
	}
	return v, nil
}

// decodeOptional decodes the body of an operation whose body may be absent.
func decodeOptional[T any](c *call) (v T, err error) {
	if !c.hasBody() {
		return v, nil
	}
	return decode[T](c)
}

// fill sets v from a JSON value. Its errors begin with the place, so that they read ".filters.strategy: ...".
func fill(v reflect.Value, raw any, formats []string) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return fillTime(v, raw)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if raw == nil {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), raw, formats)
	case reflect.Interface:
		return fillUnion(v, raw)
	case reflect.Struct:
		return fillStruct(v, raw)
	case reflect.Slice:
		return fillSlice(v, raw, formats)
	case reflect.Map:
		return fillMap(v, raw, formats)
	case reflect.String:
		s, ok := raw.(string)
		if !ok {
			return fmt.Errorf(": not a string")
		}
		v.SetString(s)
		return checkFormats(s, formats)
	case reflect.Bool:
		b, ok := raw.(bool)
		if !ok {
			return fmt.Errorf(": not a boolean")
		}
		v.SetBool(b)
		return nil
	case reflect.Int32, reflect.Int64:
		return fillInt(v, raw)
	default:
		return fmt.Errorf(": a body cannot hold %s", v.Type())
	}
}

func fillInt(v reflect.Value, raw any) error {
	number, ok := raw.(json.Number)
	if !ok {
		return fmt.Errorf(": not a number")
	}
	n, err := number.Int64()
	if f, e := number.Float64(); err != nil && e == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		n, err = int64(f), nil // 1e3 and 1.0 are integers in JSON
	}
	if err != nil || v.OverflowInt(n) {
		return fmt.Errorf(": not an %s", v.Kind())
	}
	v.SetInt(n)
	return nil
}

func fillTime(v reflect.Value, raw any) error {
	s, _ := raw.(string)
	t, err := parseTime(s)
	if err != nil {
		return fmt.Errorf(": not a date-time")
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func fillSlice(v reflect.Value, raw any, formats []string) error {
	items, ok := raw.([]any)
	if !ok {
		return fmt.Errorf(": not an array")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := fill(v.Index(i), item, formats); err != nil {
			return fmt.Errorf("[%d]%w", i, err)
		}
	}
	return nil
}

func fillMap(v reflect.Value, raw any, formats []string) error {
	object, ok := raw.(map[string]any)
	if !ok {
		return fmt.Errorf(": not an object")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(object)))
	for key, item := range object {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := fill(e, item, formats); err != nil {
			return fmt.Errorf(".%s%w", key, err)
		}
		v.SetMapIndex(reflect.ValueOf(key), e)
	}
	return nil
}

func fillStruct(v reflect.Value, raw any) error {
	object, ok := raw.(map[string]any)
	if !ok {
		return fmt.Errorf(": not an object")
	}
	known := map[string]bool{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous {
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("wire"), ",")
		formats := strings.Split(rest, ",")
		known[name] = true
		item := object[name]
		if item == nil {
			if slices.Contains(formats, "required") {
				return fmt.Errorf(".%s: required", name)
			}
			continue
		}
		if err := fill(v.FieldByIndex(f.Index), item, formats); err != nil {
			return fmt.Errorf(".%s%w", name, err)
		}
	}
	for name := range object {
		if !known[name] {
			return fmt.Errorf(".%s: unknown field", name)
		}
	}
	return nil
}

// fillUnion chooses the member of a union by `_type`. A union that is not in the table takes any JSON.
func fillUnion(v reflect.Value, raw any) error {
	members, ok := unions[v.Type()]
	if !ok {
		v.Set(reflect.ValueOf(&raw).Elem())
		return nil
	}
	object, ok := raw.(map[string]any)
	if !ok {
		return fmt.Errorf(": not an object")
	}
	name, _ := object["_type"].(string)
	zero, ok := members[name]
	if !ok {
		return fmt.Errorf("._type: %q is none of its types", name)
	}
	rest := make(map[string]any, len(object))
	for k, item := range object {
		if k != "_type" {
			rest[k] = item
		}
	}
	member := reflect.New(reflect.TypeOf(zero)).Elem()
	if err := fillStruct(member, rest); err != nil {
		return err
	}
	v.Set(member)
	return nil
}

var (
	uuidForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	})
	phoneForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) })
)

func isUUID(s string) bool  { return uuidForm().MatchString(s) }
func isPhone(s string) bool { return phoneForm().MatchString(s) }
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// checkFormats refuses a string that is none of the formats of its field: uuid, email, phone, a list of values
// with a name, or one written "A|B".
func checkFormats(s string, formats []string) error {
	checked := false
	for _, f := range formats {
		ok := false
		switch {
		case f == "required" || f == "":
			continue
		case f == "uuid":
			ok = isUUID(s)
		case f == "email":
			ok = isEmail(s)
		case f == "phone":
			ok = isPhone(s)
		case f == "searchChannel":
			ok = oneOf(searchNames, s)
		case f == "offerAlgorithm":
			ok = oneOf(offerAlgorithms, s)
		default:
			ok = oneOf(f, s)
		}
		if ok {
			return nil
		}
		checked = true
	}
	if checked {
		return fmt.Errorf(": %q is not %s", s, strings.Join(formats, " "))
	}
	return nil
}

func oneOf(values, s string) bool { return slices.Contains(strings.Split(values, "|"), s) }

// parseTime reads a date-time as Dixa writes and takes it: RFC 3339, with or without a zone's name in brackets behind.
func parseTime(s string) (time.Time, error) {
	if i := strings.IndexByte(s, '['); i >= 0 && strings.HasSuffix(s, "]") {
		s = s[:i]
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}
