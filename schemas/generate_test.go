package schemas

import (
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/schemalint"
)

type status string

func (status) Values() []string { return []string{"open", "pending", "closed"} }

type id string

func (id) Format() string { return "uuid" }

// moment is a struct in Go and a string in JSON.
type moment struct{ at time.Time }

func (moment) Format() string                 { return "date-time" }
func (m moment) MarshalJSON() ([]byte, error) { return json.Marshal(m.at) }
func (m *moment) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &m.at)
}

type email string

func (email) Format() string { return "email" }
func (e email) Check() error {
	if !strings.Contains(string(e), "@") {
		return errors.New("an email address such as a@example.com")
	}
	return nil
}

// code decodes itself and has no Check.
type code string

func (code) Format() string { return "two letters" }
func (c *code) UnmarshalText(b []byte) error {
	if len(b) != 2 {
		return errors.New("it has two letters")
	}
	*c = code(b)
	return nil
}

type even int

func (e even) Check() error {
	if e%2 != 0 {
		return errors.New("an even number")
	}
	return nil
}

type conversationRef struct {
	ConversationID int64 `json:"conversationId" in:"path" jsonschema_description:"Its number, <n> & \"csid\""`
}

type condition struct {
	Field  string   `json:"field"`
	Values []string `json:"values,omitempty"`
}

type everything struct {
	conversationRef
	AgentID    id                         `json:"agentId,omitzero" wire:"userId"`
	Status     []status                   `json:"status,omitzero" jsonschema_description:"Any of these, or all"`
	One        status                     `json:"one,omitzero"`
	After      moment                     `json:"after,omitzero"`
	Since      time.Time                  `json:"since,omitzero"`
	Name       *string                    `json:"name" check:"min=1,max=5"`
	Conditions []condition                `json:"conditions,omitzero" check:"max=3"`
	First      *condition                 `json:"first,omitzero"`
	Values     map[string]any             `json:"values,omitzero"`
	Labels     map[string]string          `json:"labels,omitzero"`
	Raw        map[string]json.RawMessage `json:"raw,omitzero"`
	Limit      int                        `json:"limit,omitzero" check:"min=1,max=50"`
	Small      int8                       `json:"small,omitzero"`
	Count      uint64                     `json:"count,omitzero"`
	Ratio      float64                    `json:"ratio,omitzero"`
	Single     float32                    `json:"single,omitzero"`
	On         bool                       `json:"on,omitzero"`
	Email      email                      `json:"email,omitzero"`
	Code       code                       `json:"code,omitzero"`
	Even       even                       `json:"even,omitzero"`
	IDs        []int64                    `json:"ids,omitzero"`
	Grid       [][]int                    `json:"grid,omitzero"`
	Hidden     any                        `json:"-"`
	private    any
}

func TestGenerate(t *testing.T) {
	type none struct{}
	type small struct {
		conversationRef
		After      moment         `json:"after,omitzero"`
		Status     []status       `json:"status,omitempty"`
		Conditions []condition    `json:"conditions,omitzero"`
		Values     map[string]any `json:"values"`
		Note       *string        `json:"note" jsonschema_description:"Seen by colleagues, not by the customer"`
	}
	for name, c := range map[string]struct {
		schema *Schema
		want   string
	}{
		"empty": {Of[none](), `{"type":"object","properties":{}}`},
		"small": {Of[*small](), `{"type":"object","properties":{` +
			`"conversationId":{"type":"integer","description":"Its number, <n> & \"csid\""},` +
			`"after":{"type":"string","format":"date-time"},` +
			`"status":{"type":"array","items":{"type":"string","enum":["open","pending","closed"]}},` +
			`"conditions":{"type":"array","items":{"type":"object","properties":{"field":{"type":"string"},` +
			`"values":{"type":"array","items":{"type":"string"}}},"required":["field"]}},` +
			`"values":{"type":"object","properties":{}},` +
			`"note":{"type":"string","description":"Seen by colleagues, not by the customer"}},` +
			`"required":["conversationId","values"]}`},
		"with": {Of[none]().With(Property{Name: "skip", Type: "integer", Description: "How many"},
			Property{Name: "sort", Type: "array of string", Enum: []string{"a", "b"}, Required: true}),
			`{"type":"object","properties":{"skip":{"type":"integer","description":"How many"},` +
				`"sort":{"type":"array","items":{"type":"string","enum":["a","b"]}}},"required":["sort"]}`},
		"without": {Of[small]().Without("conversationId", "status", "conditions", "after", "no such name"),
			`{"type":"object","properties":{"values":{"type":"object","properties":{}},` +
				`"note":{"type":"string","description":"Seen by colleagues, not by the customer"}},"required":["values"]}`},
		"enum": {Of[small]().Without("conversationId", "conditions", "after", "values").
			WithEnum("status", []string{"closed", "weird", "open", "closed"}).WithEnum("note", []string{"x"}),
			`{"type":"object","properties":{"status":{"type":"array","items":{"type":"string","enum":["closed","open"]}},` +
				`"note":{"type":"string","description":"Seen by colleagues, not by the customer","enum":["x"]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, string(c.schema.JSON()))
			require.NoError(t, schemalint.Check(c.schema.JSON()))
		})
	}
	require.NoError(t, schemalint.Check(Of[everything]().JSON()))
}

// A derived schema must not change the one it came from.
func TestImmutable(t *testing.T) {
	s := Of[everything]()
	before := string(s.JSON())
	s.Without("conversationId").JSON()
	s.WithEnum("status", []string{"open"}).JSON()
	s.With(Property{Name: "skip", Type: "integer"}).JSON()
	s.Properties()[2].Enum[0] = "changed"
	again := newSchema(s.root)
	require.Equal(t, before, string(again.JSON()))
}

func TestProperties(t *testing.T) {
	got := Of[everything]().Properties()
	require.Len(t, got, 23)
	require.Equal(t, Property{Name: "conversationId", Type: "integer", Description: `Its number, <n> & "csid"`, Required: true}, got[0])
	require.Equal(t, Property{Name: "status", Type: "array of string", Description: "Any of these, or all", Enum: []string{"open", "pending", "closed"}}, got[2])
	require.Equal(t, Property{Name: "conditions", Type: "array of object"}, got[7])
	require.Equal(t, Property{Name: "grid", Type: "array of array of integer"}, got[22])
}

type (
	tree   struct{ Kids []tree }
	list   []list
	chain  struct{ Next *chain }
	forest map[string]forest
	self   struct{ opaque }
	opaque struct{}

	wrongEnum int
)

func (*opaque) UnmarshalJSON([]byte) error { return nil }

func (wrongEnum) Values() []string { return []string{"1"} }

func TestRefusedTypes(t *testing.T) {
	for want, generate := range map[string]func() *Schema{
		"schemas.tree.Kids[]: the type schemas.tree contains itself": Of[tree],
		"schemas.chain.Next: the type schemas.chain contains itself": Of[chain],
		"X[]: the type schemas.list contains itself":                 Of[struct{ X list }],
		"X{}: the type schemas.forest contains itself":               Of[struct{ X forest }],
		"X: interface {} has no type":                                Of[struct{ X any }],
		"X[]: interface {} has no type":                              Of[struct{ X []any }],
		"X: error has no type":                                       Of[struct{ X error }],
		"X{}: schemas.enumerated has no type":                        Of[struct{ X map[string]enumerated }],
		"X: json.RawMessage has no type":                             Of[struct{ X json.RawMessage }],
		"X: []uint8 has no type":                                     Of[struct{ X []byte }],
		"X: [2]int has no type":                                      Of[struct{ X [2]int }],
		"X: chan int has no type":                                    Of[struct{ X chan int }],
		"X: *int has no type":                                        Of[struct{ X **int }],
		"the keys of map[int]string are not strings":                 Of[struct{ X map[int]string }],
		"schemas.self decodes itself":                                Of[self],
		"schemas.wrongEnum has Values but":                           Of[struct{ X wrongEnum }],
		"arguments need a struct, not int":                           Of[int],
		"a second argument is named \"conversationId\"": Of[struct {
			conversationRef
			Again int `json:"conversationId"`
		}],
		"embed the struct itself": Of[struct{ *condition }],
		"the json option": Of[struct {
			X int `json:",string"`
		}],
		"the tag jsonschema is not read": Of[struct {
			X int `jsonschema:"minimum=1"`
		}],
		"the tag check has no meaning for boolean": Of[struct {
			X bool `check:"min=1"`
		}],
		`check:"min=a" is not of the form`: Of[struct {
			X int `check:"min=a"`
		}],
		`check:"least=1" is not of the form`: Of[struct {
			X int `check:"least=1"`
		}],
		`check:"min=5,max=2" leaves nothing`: Of[struct {
			X int `check:"min=5,max=2"`
		}],
		"X: big.Int decodes itself": Of[struct{ X big.Int }],
		"no property \"nothing\"":   func() *Schema { return Of[condition]().WithEnum("nothing", []string{"a"}) },
		"cannot have an enum":       func() *Schema { return Of[conversationRef]().WithEnum("conversationId", []string{"a"}) },
		"none of the values weird":  func() *Schema { return Of[struct{ X status }]().WithEnum("X", []string{"weird"}) },
		"no values for the enum":    func() *Schema { return Of[condition]().WithEnum("field", nil) },
		"two properties are named":  func() *Schema { return Of[condition]().With(Property{Name: "field", Type: "string"}) },
		"unknown type \"date\"":     func() *Schema { return Of[condition]().With(Property{Name: "x", Type: "date"}) },
	} {
		t.Run(want, func(t *testing.T) {
			defer func() {
				got := recover()
				require.NotNil(t, got)
				require.Contains(t, got, want)
				require.Contains(t, got, "schemas: ")
			}()
			generate().JSON()
		})
	}
}

// Declaring a schema must not read the type: that is left to its first use.
func TestLazy(t *testing.T) {
	require.NotPanics(t, func() { Of[tree]().Without("x").WithEnum("y", []string{"z"}).With(Property{}) })
}

func TestConcurrent(t *testing.T) {
	s := For(reflect.TypeFor[everything]()).Without("limit")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s.JSON()
			s.Properties()
			_, err := s.Normalize([]byte(`{"conversationId":1}`))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
