package drifttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/drift"
	"dixa-mcp/internal/openapi"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

// spot is a schema in an operation of a document, and what it is in.
type spot struct {
	place  string
	schema Object
	in     Object // the schema whose property it is, if it is one
	name   string // of the property
}

// spots lists the schemas of an operation's body and answers, and what is in them.
func spots(op Object) []spot {
	var all []spot
	var visit func(s spot)
	visit = func(s spot) {
		all = append(all, s)
		properties, _ := s.schema["properties"].(Object)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			visit(spot{s.place + "." + quoted(name), properties[name].(Object), s.schema, name})
		}
		if items, ok := s.schema["items"].(Object); ok {
			visit(spot{place: s.place + "[]", schema: items})
		}
		if values, ok := s.schema["additionalProperties"].(Object); ok {
			visit(spot{place: s.place + ".*", schema: values})
		}
		members, _ := s.schema["oneOf"].([]any)
		for _, m := range members {
			visit(spot{place: s.place + "<" + quoted(m.(Object)["title"].(string)) + ">", schema: m.(Object)})
		}
	}
	body := func(place string, b Object) {
		content, _ := b["content"].(Object)
		for _, media := range content {
			visit(spot{place: place, schema: media.(Object)["schema"].(Object)})
		}
	}
	if b, ok := op["requestBody"].(Object); ok {
		body("body", b)
	}
	responses := op["responses"].(Object)
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		body("answer "+status, responses[status].(Object))
	}
	return all
}

// edit changes one thing in an operation and returns what must be reported, or nothing if the operation has no such thing.
type edit func(r *rand.Rand, route string, op Object) []drift.Finding

func finding(route, place, change string, values ...string) []drift.Finding {
	return []drift.Finding{{Kind: side(place), Route: route, Place: place, Change: change, Values: values}}
}

// among picks a spot of an operation that fits.
func among(r *rand.Rand, op Object, fits func(spot) bool) (spot, bool) {
	all := slices.DeleteFunc(spots(op), func(s spot) bool { return !fits(s) })
	if len(all) == 0 {
		return spot{}, false
	}
	return all[r.IntN(len(all))], true
}

func isProperty(s spot) bool { return s.in != nil }
func isObject(s spot) bool   { return s.schema["properties"] != nil }
func isUnion(s spot) bool    { return len(list(s.schema, "oneOf")) > 1 }
func hasEnum(s spot) bool    { return len(list(s.schema, "enum")) > 1 }
func isText(s spot) bool     { return s.schema["type"] == "string" && isProperty(s) }

func list(o Object, key string) []any {
	all, _ := o[key].([]any)
	return all
}

func dropped(all []any, v any) []any {
	return slices.DeleteFunc(slices.Clone(all), func(x any) bool { return x == v })
}

// edits are what can happen to an operation.
var edits = map[string]edit{
	"deprecate": func(_ *rand.Rand, route string, op Object) []drift.Finding {
		if op["deprecated"] == true {
			return nil
		}
		op["deprecated"] = true
		return []drift.Finding{{Kind: drift.OperationChanged, Route: route, Change: "is deprecated"}}
	},
	"add a parameter": func(_ *rand.Rand, route string, op Object) []drift.Finding {
		op["parameters"] = append(list(op, "parameters"), Object{"in": "query", "name": "addedLater", "required": true, "schema": Object{"type": "boolean"}})
		return finding(route, "query addedLater", "is new: boolean, required")
	},
	"remove a parameter": func(r *rand.Rand, route string, op Object) []drift.Finding {
		p := query(r, op)
		if p == nil {
			return nil
		}
		op["parameters"] = slices.DeleteFunc(list(op, "parameters"), func(x any) bool { return x.(Object)["name"] == p["name"] })
		return finding(route, "query "+p["name"].(string), "is gone")
	},
	"require a parameter": func(r *rand.Rand, route string, op Object) []drift.Finding {
		p := query(r, op)
		if p == nil || p["required"] == true {
			return nil
		}
		p["required"] = true
		return finding(route, "query "+p["name"].(string), "is now required")
	},
	"require a body": func(_ *rand.Rand, route string, op Object) []drift.Finding {
		b, ok := op["requestBody"].(Object)
		if !ok {
			return nil
		}
		now := b["required"] != true
		b["required"] = now
		return finding(route, "body", word(now, "is now required", "is no longer required"))
	},
	"add an answer": func(_ *rand.Rand, route string, op Object) []drift.Finding {
		op["responses"].(Object)["203"] = Object{}
		return finding(route, "answer 203", "is new: nothing")
	},
	"add a property": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isObject)
		if !ok {
			return nil
		}
		s.schema["properties"].(Object)["addedLater"] = Object{"type": "object", "properties": Object{"inner": Object{"type": "string"}}}
		return finding(route, s.place+".addedLater", "is new: object")
	},
	"add a required property": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isObject)
		if !ok {
			return nil
		}
		s.schema["properties"].(Object)["added.later"] = Object{"type": "string", "format": "uuid"}
		s.schema["required"] = append(list(s.schema, "required"), "added.later")
		at := s.place + `."added.later"`
		return finding(route, at, "is new: string(uuid)"+word(side(at) == drift.RequestChanged, ", required", ""))
	},
	"remove a property": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isProperty)
		if !ok {
			return nil
		}
		delete(s.in["properties"].(Object), s.name)
		return finding(route, s.place, "is gone")
	},
	"require a property": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isProperty)
		if !ok {
			return nil
		}
		required := list(s.in, "required")
		if slices.Contains(required, any(s.name)) {
			s.in["required"] = dropped(required, s.name)
			return finding(route, s.place, "is no longer required")
		}
		s.in["required"] = append(required, s.name)
		return finding(route, s.place, "is now required")
	},
	"change a type": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isText)
		if !ok {
			return nil
		}
		old := kindOf(s.schema)
		s.schema["type"] = "number"
		return finding(route, s.place, fmt.Sprintf("has the type %s, had %s", kindOf(s.schema), old))
	},
	"replace a text by an object": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isText)
		if !ok {
			return nil
		}
		old := kindOf(s.schema)
		s.in["properties"].(Object)[s.name] = Object{"type": "object", "properties": Object{"value": Object{"type": "string"}}}
		return finding(route, s.place, "has the type object, had "+old)
	},
	"add a value": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, hasEnum)
		if !ok {
			return nil
		}
		s.schema["enum"] = append(list(s.schema, "enum"), "AddedLater")
		return finding(route, s.place, "has the new value AddedLater", "AddedLater")
	},
	"remove a value": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, hasEnum)
		if !ok {
			return nil
		}
		all := list(s.schema, "enum")
		v := all[r.IntN(len(all))]
		s.schema["enum"] = dropped(all, v)
		return finding(route, s.place, "has lost the value "+v.(string), v.(string))
	},
	"add a member": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isUnion)
		if !ok {
			return nil
		}
		member := Object{"type": "object", "title": "AddedLater", "properties": Object{"text": Object{"type": "string"}}}
		s.schema["oneOf"] = slices.Insert(list(s.schema, "oneOf"), 0, any(member))
		return finding(route, s.place+"<AddedLater>", "is new: object")
	},
	"remove a member": func(r *rand.Rand, route string, op Object) []drift.Finding {
		s, ok := among(r, op, isUnion)
		if !ok {
			return nil
		}
		all := list(s.schema, "oneOf")
		i := r.IntN(len(all))
		name := all[i].(Object)["title"].(string)
		s.schema["oneOf"] = slices.Delete(slices.Clone(all), i, i+1)
		return finding(route, s.place+"<"+quoted(name)+">", "is gone")
	},
}

// query picks a parameter of the query.
func query(r *rand.Rand, op Object) Object {
	var all []Object
	for _, p := range list(op, "parameters") {
		if p.(Object)["in"] == "query" {
			all = append(all, p.(Object))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[r.IntN(len(all))]
}

func kindOf(s Object) string {
	format, ok := s["format"].(string)
	kind := s["type"].(string)
	if ok {
		kind += "(" + format + ")"
	}
	return kind + word(s["nullable"] == true, " or null", "")
}

// plain leaves out of findings what only says where to look.
func plain(all []drift.Finding) []string {
	var lines []string
	for _, f := range all {
		lines = append(lines, fmt.Sprint(f.Kind, " | ", f.Route, " | ", f.Place, " | ", f.Change, " | ", strings.Join(f.Values, ",")))
	}
	slices.Sort(lines)
	return lines
}

// some picks operations of Dixa's API at random, so that a seed takes little time.
func some(r *rand.Rand, all drift.Surface) drift.Surface {
	keys := slices.Sorted(maps.Keys(all))
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	picked := drift.Surface{}
	for _, key := range keys[:16] {
		if all[key].Host == apiHost {
			picked[key] = all[key]
		}
	}
	return picked
}

// Every edit of a document is reported, and nothing else.
func TestEveryEditIsReported(t *testing.T) {
	race.Skip(t)
	done, whole := map[string]int{}, built(t)
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		known := some(r, whole)
		doc := Document(known, apiHost)
		paths := doc["paths"].(Object)
		names := slices.Sorted(maps.Keys(paths))
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		var want []drift.Finding
		for _, path := range names[:1+r.IntN(len(names)-1)] {
			item := paths[path].(Object)
			methods := slices.Sorted(maps.Keys(item))
			method := methods[r.IntN(len(methods))]
			route := strings.ToUpper(method) + " " + path
			switch r.IntN(8) {
			case 0:
				delete(item, method)
				want = append(want, drift.Finding{Kind: drift.OperationRemoved, Route: route, Change: "is gone"})
			case 1:
				paths[path+"/later"] = Object{method: item[method]}
				want = append(want, drift.Finding{Kind: drift.OperationAdded, Route: route + "/later", Change: "is new"})
			case 2:
				paths["/v9"+path] = Object{method: item[method]}
				delete(item, method)
				want = append(want, drift.Finding{Kind: drift.OperationRemoved, Route: route, Change: "is gone"},
					drift.Finding{Kind: drift.OperationAdded, Route: strings.ToUpper(method) + " /v9" + path, Change: "is new"})
			default:
				kinds := slices.Sorted(maps.Keys(edits))
				name := kinds[r.IntN(len(kinds))]
				found := edits[name](r, route, item[method].(Object))
				done[name] += len(found)
				want = append(want, found...)
			}
		}
		found, err := drift.Compare(known, surfaceOf(t, doc))
		require.NoError(t, err)
		require.Equal(t, plain(want), plain(found))
	})
	if all {
		for name := range edits {
			require.Positive(t, done[name], "no seed can %s", name)
		}
	}
}

const apiHost = "https://dev.dixa.io"

func built(t *testing.T) drift.Surface {
	t.Helper()
	s, err := drift.Baseline()
	require.NoError(t, err)
	return s
}

func surfaceOf(t *testing.T, made Object) drift.Surface {
	t.Helper()
	text, err := json.Marshal(made)
	require.NoError(t, err)
	doc, err := openapi.Read(text)
	require.NoError(t, err)
	s, err := drift.SurfaceOf(doc)
	require.NoError(t, err)
	return s
}

// A document made of the baseline has the surface of the baseline.
func TestDocumentHasNoDrift(t *testing.T) {
	all := built(t)
	now := surfaceOf(t, Document(all, apiHost))
	found, err := drift.Compare(all, now)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Len(t, now, len(all)-2, "all but the two exports")
}

// side tells in which half of an exchange a place is.
func side(place string) drift.Kind {
	if strings.HasPrefix(place, "answer ") {
		return drift.AnswerChanged
	}
	return drift.RequestChanged
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

// quoted returns a name as places hold it.
func quoted(name string) string {
	if strings.ContainsAny(name, ` ."<>[]*|,()`) {
		return strconv.Quote(name)
	}
	return name
}
