package drift

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

var addresses = map[dixaclient.Host]string{dixaclient.API: dixaclient.DefaultURL, dixaclient.Exports: dixaclient.DefaultExportsURL}

// The baseline says of the operations in dixaclient what their types say. Of requests that a method writes, and of answers,
// laws.TestRandomArgumentsKeepTheContract and the tests with the contract say it.
func TestBaselineIsWhatTheClientSends(t *testing.T) {
	all := built(t)
	for _, s := range dixaclient.Operations() {
		key := s.Method + " " + pattern(s.Path)
		o := all[key]
		if o == nil { // send_message and record_message are one operation: it is found twice
			t.Errorf("%s: %s is not in baseline.txt: run make update-golden with DIXA_CONTRACT set", s.Name, key)
			continue
		}
		require.Equal(t, []any{s.Path, addresses[s.Host], s.Deprecated}, []any{o.Path, o.Host, o.Deprecated}, s.Name)
		compareFields(t, s, o)
	}
	known := map[string]bool{}
	for _, s := range dixaclient.Operations() {
		known[s.Method+" "+pattern(s.Path)] = true
	}
	for key := range all {
		require.True(t, known[key], "%s is in baseline.txt, and no operation in dixaclient sends it", key)
	}
}

// compareFields compares the names of variables, parameters and, where the body is simply the fields, of the body; what is
// required, of which the client may require more; and the values of enumerations.
func compareFields(t *testing.T, s *dixaclient.Spec, o *Operation) {
	t.Helper()
	documented := map[string]*Part{}
	_, written := reflect.PointerTo(s.In()).MethodByName("Body")
	for _, p := range o.Parts {
		in, name, _ := strings.Cut(p.Segment, " ")
		switch {
		case in == "path":
			documented["path "+p.Name] = p
		case in == "query":
			documented["query "+name] = p
		case in == "body" && !written:
			for _, field := range p.Parts {
				documented["body "+field.Segment[1:]] = field
			}
		}
	}
	for _, f := range reflect.VisibleFields(s.In()) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		in := cmp.Or(f.Tag.Get("in"), "body")
		if f.Anonymous || !f.IsExported() || name == "-" || in == "body" && written {
			continue
		}
		place := in + " " + cmp.Or(f.Tag.Get("wire"), name)
		p := documented[place]
		if !assert.NotNil(t, p, "%s: %s is not in baseline.txt", s.Name, place) {
			continue
		}
		delete(documented, place)
		required := !strings.Contains(options, "omit") || f.Tag.Get("v1") == "required"
		require.False(t, p.Required && !required, "%s: %s is required in baseline.txt", s.Name, place)
		compareValues(t, s.Name+": "+place, f.Type, p)
	}
	for place := range documented {
		t.Errorf("%s: baseline.txt has %s, and dixaclient does not", s.Name, place)
	}
}

// compareValues compares the values of an enumeration, or of the items of a list.
func compareValues(t *testing.T, place string, kind reflect.Type, p *Part) {
	t.Helper()
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	for len(p.Parts) == 1 && p.Parts[0].Segment == "[]" {
		p = p.Parts[0]
	}
	values, ok := reflect.Zero(kind).Interface().(interface{ Values() []string })
	if !ok && !strings.HasPrefix(p.Segment, "path ") { // a word in a path is sent as it is: Dixa refuses a wrong one
		require.Empty(t, p.Enum, "%s: has no Values in dixaclient", place)
		return
	}
	if ok && len(p.Enum) > 0 {
		require.Equal(t, p.Enum, slices.Sorted(slices.Values(values.Values())), place)
	}
}
