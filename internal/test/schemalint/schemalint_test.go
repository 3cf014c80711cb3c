package schemalint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	prop := func(schema string) string { return `{"type":"object","properties":{"x":` + schema + `}}` }
	for schema, want := range map[string]string{
		`{"type":"object","properties":{}}`:                                                           "",
		`{"type":"object","properties":{"$ref":{"type":"string"}}}`:                                   `the name "$ref" does not match`,
		`{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]}`:                     "",
		prop(`{"type":"string","format":"date-time","enum":["a"]}`):                                   "",
		prop(`{"type":"array","items":{"type":"array","items":{"type":"number","description":"d"}}}`): "",

		``:                                    "schema: invalid JSON",
		`[]`:                                  "a schema must be an object",
		`true`:                                "a schema must be an object",
		`{"type":"object"`:                    "invalid JSON",
		`{"type":"object"}`:                   "an object must have properties",
		`{"type":"string"}`:                   "the root must be an object",
		`{"type":["object"],"properties":{}}`: "the type must be one of",
		`{"type":"object","type":"object","properties":{}}`:              "the same name twice",
		`{"type":"object","properties":[]}`:                              "properties must be an object",
		`{"type":"object","properties":{},"required":[]}`:                "with something in it",
		`{"type":"object","properties":{},"required":["x"]}`:             `"x" is no property`,
		`{"type":"object","properties":{},"$schema":"x"}`:                `refuses "$schema"`,
		`{"type":"object","properties":{},"additionalProperties":false}`: `refuses "additionalProperties"`,
		`{"type":"object","properties":{"a b":{"type":"string"}}}`:       "does not match",
		prop(`true`):             "properties.x: a schema must be an object",
		prop(`{}`):               "properties.x: the type must be one of",
		prop(`{"type":"null"}`):  "the type must be one of",
		prop(`{"$ref":"#"}`):     "the type must be one of",
		prop(`{"type":"array"}`): "must have items",
		prop(`{"type":"array","items":{"type":"object"}}`): "properties.x.items: an object must have properties",
		prop(`{"type":"string","format":"uuid"}`):          "properties.x.format: the only format is date-time",
		prop(`{"type":"string","enum":[]}`):                "with something in it",
		prop(`{"type":"string","enum":"a"}`):               "it must list strings",
		prop(`{"type":"string","enum":[1]}`):               "it must list strings",
		prop(`{"type":"string","enum":["a","a"]}`):         "each once",
		prop(`{"type":"integer","enum":["a"]}`):            `refuses "enum" in a schema of type integer`,
		prop(`{"type":"integer","minimum":1}`):             `refuses "minimum"`,
		prop(`{"type":"string","default":"a"}`):            `refuses "default"`,
		prop(`{"type":"string","description":""}`):         "a description must be text",
	} {
		t.Run(schema, func(t *testing.T) {
			err := Check([]byte(schema))
			if want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		})
	}
}
