package body

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// fill sets v from a JSON value. Its errors begin with the place, so that they read ".filters.strategy: ...".
func (r Reader) fill(v reflect.Value, raw any, formats []string) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return fillTime(v, raw)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if raw == nil {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.fill(v.Elem(), raw, formats)
	case reflect.Interface:
		return r.fillUnion(v, raw)
	case reflect.Struct:
		return r.fillStruct(v, raw)
	case reflect.Slice:
		return r.fillSlice(v, raw, formats)
	case reflect.Map:
		return r.fillMap(v, raw, formats)
	case reflect.String:
		s, ok := raw.(string)
		if !ok {
			return fmt.Errorf(": not a string")
		}
		v.SetString(s)
		return r.Check(s, formats)
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
	t, err := ParseTime(s)
	if err != nil {
		return fmt.Errorf(": not a date-time")
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func (r Reader) fillSlice(v reflect.Value, raw any, formats []string) error {
	items, ok := raw.([]any)
	if !ok {
		return fmt.Errorf(": not an array")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := r.fill(v.Index(i), item, formats); err != nil {
			return fmt.Errorf("[%d]%w", i, err)
		}
	}
	return nil
}

func (r Reader) fillMap(v reflect.Value, raw any, formats []string) error {
	object, ok := raw.(map[string]any)
	if !ok {
		return fmt.Errorf(": not an object")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(object)))
	for key, item := range object {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := r.fill(e, item, formats); err != nil {
			return fmt.Errorf(".%s%w", key, err)
		}
		v.SetMapIndex(reflect.ValueOf(key), e)
	}
	return nil
}

func (r Reader) fillStruct(v reflect.Value, raw any) error {
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
		if err := r.fill(v.FieldByIndex(f.Index), item, formats); err != nil {
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
func (r Reader) fillUnion(v reflect.Value, raw any) error {
	members, ok := r.Unions[v.Type()]
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
	if err := r.fillStruct(member, rest); err != nil {
		return err
	}
	v.Set(member)
	return nil
}
