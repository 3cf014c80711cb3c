package laws

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/growth"
	"dixa-mcp/tools"
)

// TestListsCostLinearly holds every list that an operation takes to linear work: reading the arguments, checking them and
// making the request. Where it fails, the operation's checks or its Body compare items with all others.
func TestListsCostLinearly(t *testing.T) {
	lists := 0
	for _, op := range dixaclient.Operations() {
		tool, ok := tools.ByName(op.Name)
		if !ok {
			continue
		}
		m := maker{Rand: rand.New(rand.NewPCG(1, 2))}
		for _, at := range listsOf(op.In(), nil) {
			lists++
			t.Run(op.Name, func(t *testing.T) {
				growth.Linear(t, 2000, func(n int) func() {
					var in any
					for in == nil { // a request that is accepted, and in it a long list
						in, _ = accept(t, &m, op)
					}
					list := reflect.ValueOf(in).Elem().FieldByIndex(at)
					list.Set(reflect.MakeSlice(list.Type(), n, n))
					for i := range n {
						m.fill(list.Index(i), "")
					}
					arguments, err := json.Marshal(in)
					require.NoError(t, err)
					return func() {
						_, _ = op.Request(in) // many operations refuse so long a list: that must be cheap too
						if decoded, err := tool.Decode(tool.Schema(), arguments, nil); err == nil {
							_ = tool.Check(decoded, dixaclient.V1)
						}
					}
				})
			})
		}
	}
	require.Greater(t, lists, 20)
}

// listsOf are the places of the slices of a struct and of those embedded in it.
func listsOf(t reflect.Type, at []int) (all [][]int) {
	for i := range t.NumField() {
		f, here := t.Field(i), append(at[:len(at):len(at)], i)
		switch {
		case f.Type.Kind() == reflect.Slice:
			all = append(all, here)
		case f.Type.Kind() == reflect.Struct && f.Anonymous:
			all = append(all, listsOf(f.Type, here)...)
		}
	}
	return all
}
