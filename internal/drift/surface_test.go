package drift

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/openapi"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

// about makes a document with one operation, PUT /v1/tags/{tagId}, whose body and components are given.
func about(body, components string) string {
	return fmt.Sprintf(`{"openapi":"3.0.3","servers":[{"url":"https://dev.dixa.io"}],"paths":{"/v1/tags/{tagId}":{"put":{
		"parameters":[{"in":"path","name":"tagId","required":true,"schema":{"type":"string"}}],
		"requestBody":{"content":{"application/json":{"schema":%s}}},"responses":{"204":{}}}}},"components":{"schemas":{%s}}}`, body, components)
}

// TestSameSurface lists pairs of documents that describe the same requests in different ways.
func TestSameSurface(t *testing.T) {
	const inline = `{"type":"object","required":["a"],"properties":{"a":{"type":"string","enum":["x","y"]},"b":{"type":"array","items":{"type":"integer"}}}}`
	for name, tt := range map[string][2]string{
		"a component":                     {about(inline, ""), about(`{"$ref":"#/components/schemas/Tag"}`, `"Tag":`+inline)},
		"a renamed component":             {about(`{"$ref":"#/components/schemas/Tag"}`, `"Tag":`+inline), about(`{"$ref":"#/components/schemas/Tag1"}`, `"Tag1":`+inline)},
		"a component through another one": {about(inline, ""), about(`{"$ref":"#/components/schemas/A"}`, `"A":{"$ref":"#/components/schemas/B~1%7B"},"B/{":`+inline)},
		"allOf": {about(inline, ""), about(`{"allOf":[{"$ref":"#/components/schemas/A"},{"type":"object","properties":{"b":{"type":"array","items":{"type":"integer"}}}}]}`,
			`"A":{"required":["a"],"properties":{"a":{"type":"string","enum":["y","x"]}}}`)},
		"prose":                 {about(inline, ""), about(inline[:len(inline)-1]+`,"title":"T","description":"d","example":{"a":1}}`, `"Unused":{"type":"string"}`)},
		"values by description": {about(inline, ""), strings.Replace(about(inline, ""), `"enum":["x","y"]`, `"description":"Values: [y, x]"`, 1)},
		"null":                  {about(`{"type":"string","nullable":true}`, ""), about(`{"type":["null","string"]}`, "")},
		"one value":             {about(`{"type":"string","enum":["a"]}`, ""), about(`{"type":"string","const":"a"}`, "")},
		"_type of a member": {about(`{"oneOf":[{"title":"A","type":"object","properties":{"x":{}}}]}`, ""),
			about(`{"oneOf":[{"title":"A","type":"object","required":["_type"],"properties":{"_type":{"type":"string","enum":["A"]},"x":{}}}],"discriminator":{"propertyName":"_type"}}`, "")},
		"order of members":   {about(`{"oneOf":[{"title":"A","type":"object"},{"title":"B","type":"object"}]}`, ""), about(`{"oneOf":[{"title":"B","type":"object"},{"title":"A","type":"object"}]}`, "")},
		"path in the server": {about(inline, ""), strings.NewReplacer(`"https://dev.dixa.io"`, `"https://dev.dixa.io/v1/"`, `"/v1/tags`, `"/tags`).Replace(about(inline, ""))},
		"a failure":          {about(inline, ""), strings.Replace(about(inline, ""), `"204":{}`, `"204":{},"404":{},"default":{}`, 1)},
		"recursion": {about(`{"$ref":"#/components/schemas/A"}`, `"A":{"type":"object","properties":{"in":{"$ref":"#/components/schemas/A"}}}`),
			about(`{"$ref":"#/components/schemas/B"}`, `"B":{"type":"object","properties":{"in":{"$ref":"#/components/schemas/B"}}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Compare(surfaceOf(t, []byte(tt[0])), surfaceOf(t, []byte(tt[1])))
			require.NoError(t, err)
			require.Empty(t, found)
		})
	}
}

// TestOtherSurface lists differences that the edits of whole documents do not make.
func TestOtherSurface(t *testing.T) {
	base := about(`{"type":"object","properties":{"a":{"type":"integer","minimum":1},"m":{"type":"object","description":"Values: [K]","additionalProperties":{"type":"string"}}}}`, "")
	for change, now := range map[string]string{
		"path 1 is called id, was called tagId: requests stay the same":             strings.NewReplacer(`{tagId}`, `{id}`, `"tagId"`, `"id"`).Replace(base),
		" is at https://api.dixa.io, was at https://dev.dixa.io":                    strings.Replace(base, "dev.dixa.io", "api.dixa.io", 1),
		"body.a has lost the limit minimum 1; body.a has the new limit maximum 5":   strings.Replace(base, `"minimum":1`, `"maximum":5`, 1),
		"body.m.* has the new limit key L":                                          strings.Replace(base, `[K]`, `[K, L]`, 1),
		"body.a has the type integer or null, had integer":                          strings.Replace(base, `"minimum":1`, `"minimum":1,"nullable":true`, 1),
		"body has the type multipart/form-data object, had application/json object": strings.Replace(base, `application/json`, `multipart/form-data`, 1),
		"body is gone": strings.Replace(base, `"requestBody"`, `"ignored"`, 1),
		"answer 200 is new: nothing; answer 204 is gone": strings.Replace(base, `"204"`, `"200"`, 1),
		"body.a is deprecated":                           strings.Replace(base, `"minimum":1`, `"minimum":1,"deprecated":true`, 1),
		"header X-Later is new: string":                  strings.Replace(base, `"parameters":[`, `"parameters":[{"in":"header","name":"X-Later","schema":{"type":"string"}},`, 1),
	} {
		found, err := Compare(surfaceOf(t, []byte(base)), surfaceOf(t, []byte(now)))
		require.NoError(t, err)
		var got []string
		for _, f := range found {
			got = append(got, f.Place+" "+f.Change)
		}
		slices.Sort(got)
		require.Equal(t, change, strings.Join(got, "; "))
	}
}

// TestRefused lists texts of which no surface can be read, each with what the error says.
func TestRefused(t *testing.T) {
	ref := func(to string) string { return about(`{"$ref":"`+to+`"}`, "") }
	var twice strings.Builder // each schema twice in the next one: 2^30 fields
	for i := range 30 {
		fmt.Fprintf(&twice, `"S%d":{"properties":{"a":{"$ref":"#/components/schemas/S%d"},"b":{"$ref":"#/components/schemas/S%[2]d"}}},`, i, i+1)
	}
	for name, tt := range map[string]struct{ text, says string }{
		"empty":             {" \n", "it is empty"},
		"not JSON":          {"{\"openapi\":\n oops", "it is not JSON: line 2, column 2"},
		"cut off":           {about("{}", "")[:100], "it is not JSON"},
		"two values":        {about("{}", "") + "{}", "it is not JSON"},
		"YAML":              {"# Dixa\nopenapi: 3.0.3\npaths: {}\n", "it is YAML: convert it to JSON first"},
		"a page":            {"<!DOCTYPE html>", "it is HTML or XML"},
		"a number":          {"12", "it is JSON, but not an OpenAPI document"},
		"a list":            {"[]", "it is JSON, but not an OpenAPI document"},
		"null":              {"null", "it is JSON, but not an OpenAPI document"},
		"another document":  {`{"name":"x"}`, "it has no field openapi"},
		"Swagger":           {`{"swagger":"2.0","paths":{}}`, "it is Swagger 2.0: OpenAPI 3 is needed"},
		"a later OpenAPI":   {`{"openapi":"4.0.0","paths":{}}`, "it is OpenAPI 4.0.0: OpenAPI 3 is needed"},
		"no paths":          {`{"openapi":"3.0.3","paths":{}}`, "it has no paths"},
		"paths as a list":   {`{"openapi":"3.0.3","paths":[]}`, "unexpected array in paths"},
		"type as a number":  {about(`{"type":7}`, ""), "it is JSON, but not an OpenAPI document"},
		"too deep":          {about(strings.Repeat(`{"items":`, 200)+"{}"+strings.Repeat("}", 200), ""), "nested more than 100 levels deep"},
		"very deep":         {strings.Repeat("[", 1<<20), "nested more than 100 levels deep"},
		"too large":         {strings.Repeat("{", openapi.MaxBytes+1), "it is larger than 16 MiB"},
		"another file":      {ref("tags.json#/Tag"), "only #/components/schemas/NAME is"},
		"a deep reference":  {ref("#/components/schemas/A/properties/b"), "is not supported"},
		"leads nowhere":     {ref("#/components/schemas/Gone"), "leads to nothing"},
		"leads to itself":   {about(`{"$ref":"#/components/schemas/A"}`, `"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}`), "leads back to itself"},
		"too many fields":   {about(`{"$ref":"#/components/schemas/S0"}`, twice.String()+`"S30":{}`), "it describes more than 50000 fields"},
		"twice the same":    {`{"openapi":"3.0.3","paths":{"/a/{b}":{"get":{}},"/a/{c}":{"get":{}}}}`, "differ only by the names of variables"},
		"a null parameter":  {`{"openapi":"3.0.3","paths":{"/a":{"get":{"parameters":[null]}}}}`, "a parameter is null"},
		"a path elsewhere":  {`{"openapi":"3.0.3","paths":{"/a":{"$ref":"b.json"}}}`, `the path "/a" is a reference`},
		"a strange address": {`{"openapi":"3.0.3","servers":[{"url":"http://[::1"}],"paths":{"/a":{"get":{}}}}`, "is not an address"},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := openapi.Read([]byte(tt.text))
			if err == nil {
				_, err = SurfaceOf(doc)
			}
			require.ErrorContains(t, err, tt.says)
			require.Less(t, len(err.Error()), 1000)
		})
	}
	_, err := Compare(built(t), surfaceOf(t, []byte(`{"openapi":"3.0.3","paths":{"/pets":{"get":{}}}}`)))
	require.ErrorIs(t, err, ErrOther)
}

// Whatever the text is, reading and comparing it ends, and a surface does not differ from itself.
func FuzzSurface(f *testing.F) {
	f.Add([]byte(about(`{"$ref":"#/components/schemas/A"}`, `"A":{"oneOf":[{"$ref":"#/components/schemas/A"},{"allOf":[{"$ref":"#/components/schemas/A"}]}]}`)))
	f.Add([]byte(about(`{"properties":{"a.b<c>":{"enum":[1,null,"x\ty"]}},"additionalProperties":false,"items":true}`, "")))
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/{":{"get":{"responses":{"200":{"content":{"a":null}}}}},"":{"trace":{"requestBody":{"content":{}}}}}}`))
	known := built(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := openapi.Read(text)
		if err != nil {
			return
		}
		s, err := SurfaceOf(doc)
		if err != nil {
			return
		}
		found, err := Compare(s, s)
		if len(s) > 0 {
			require.NoError(t, err)
		}
		require.Empty(t, found)
		if _, err := Compare(known, s); err != nil {
			require.ErrorIs(t, err, ErrOther)
		}
	})
}

// Edits of the schemas that Dixa's own document shares among operations: each is reported wherever the schema is used,
// under its own name, and nothing else is.
func TestEditsOfDixasDocument(t *testing.T) {
	race.Skip(t)
	whole := built(t)
	doc, err := openapi.Read(dixa(t, documents[0]))
	require.NoError(t, err)
	all := doc.Components.Schemas
	with := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return len(all[name].Properties) == 0 })
	compare := func(t *testing.T) []Finding {
		now, err := SurfaceOf(doc)
		require.NoError(t, err)
		found, err := Compare(whole, now)
		require.NoError(t, err)
		return found
	}
	reported := 0
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		component := with[r.IntN(len(with))]
		s := all[component]
		before := *s
		defer func() { *s = before }()
		s.Properties = maps.Clone(s.Properties)
		names := slices.Sorted(maps.Keys(s.Properties))
		name := names[r.IntN(len(names))]
		switch r.IntN(3) {
		case 0:
			delete(s.Properties, name)
		case 1:
			name = "addedLater"
			s.Properties[name] = &openapi.Schema{}
		case 2:
			s.Properties[name] = &openapi.Schema{Type: openapi.Types{"boolean"}, Format: "later"}
		}
		found := compare(t)
		for _, f := range found {
			require.True(t, strings.HasSuffix(f.Place, "."+quoted(name)), "%s.%s was edited: %s", component, name, f.Place)
		}
		reported += min(1, len(found))
		if len(found) == 0 && name != typeName {
			*s = openapi.Schema{Pattern: "planted"}
			require.Empty(t, compare(t), "%s.%s was edited, which is not reported", component, name)
		}
	})
	require.Positive(t, reported)
}
