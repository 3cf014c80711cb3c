package dixaclient_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/test/golden"
)

// unseen are writes that no operation of Dixa shows afterwards.
var unseen = map[string]bool{"upload_article_images": true}

func TestNamesAreUniqueAndPlain(t *testing.T) {
	form := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	seen := map[string]bool{}
	for _, s := range dixaclient.Operations() {
		require.Regexp(t, form, s.Name)
		require.False(t, seen[s.Name], "%s is declared twice", s.Name)
		seen[s.Name] = true
	}
}

func TestWritesSayWhereToLook(t *testing.T) {
	reads := map[string]bool{}
	for _, s := range dixaclient.Operations() {
		reads[s.Name] = s.Level == dixaclient.Read
	}
	for _, s := range dixaclient.Operations() {
		if s.LookWith != "" {
			require.True(t, reads[s.LookWith], "%s looks with %q, which is no read", s.Name, s.LookWith)
		} else {
			require.True(t, s.Idempotent || unseen[s.Name], "%s is not idempotent and does not say where to look", s.Name)
		}
	}
}

// A day that is given as the end of a span is included, whichever operation takes it: what is read as such is decided by
// the tag time, and this by the argument's name.
func TestEndsOfSpansIncludeTheirDay(t *testing.T) {
	ends := regexp.MustCompile(`^(to|end)$|Before$|Until$|^to[A-Z]`)
	found := 0
	for _, s := range dixaclient.Operations() {
		eachTime(s.In(), func(f reflect.StructField, name string) {
			if ends.MatchString(name) {
				found++
				require.Equal(t, "end", f.Tag.Get("time"), "%s.%s: its struct field needs the tag time:\"end\"", s.Name, name)
			} else {
				require.NotEqual(t, "end", f.Tag.Get("time"), "%s.%s", s.Name, name)
			}
		})
	}
	require.GreaterOrEqual(t, found, 9)
}

// eachTime visits the times among the arguments of type t, nested ones too.
func eachTime(t reflect.Type, visit func(f reflect.StructField, name string)) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		switch name, _, _ := strings.Cut(f.Tag.Get("json"), ","); {
		case f.Anonymous:
		case f.Type == reflect.TypeFor[dixaclient.Time](), f.Type == reflect.TypeFor[dixaclient.Millis]():
			visit(f, name)
		default:
			eachTime(f.Type, visit)
		}
	}
}

// An agent in whose name a call acts must be filled in by Spec.Act, which sees the top level only.
func TestNobodyActsInNestedArguments(t *testing.T) {
	for _, s := range dixaclient.Operations() {
		for _, f := range reflect.VisibleFields(s.In()) {
			if !f.Anonymous {
				require.False(t, f.Type.Kind() != reflect.String && holdsActor(f.Type), "%s: %s hides an acting agent", s.Name, f.Name)
			}
		}
	}
}

func holdsActor(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return holdsActor(t.Elem())
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && holdsActor(f.Type) {
				return true
			}
		}
	}
	return t == reflect.TypeFor[dixaclient.ActingAgent]()
}

// Access to a conversation is decided by its id, whatever a path calls it.
func TestPathsWithAConversationSayWhichOne(t *testing.T) {
	for _, s := range dixaclient.Operations() {
		if !strings.Contains(s.Path, "{conversationId}") && !strings.Contains(s.Path, "{csid}") {
			continue
		}
		in := reflect.New(s.In())
		in.Elem().FieldByName("ConversationID").SetInt(42)
		id, ok := dixaclient.ConversationOf(in.Interface())
		require.True(t, ok && id == 42, "%s does not say which conversation it is about", s.Name)
	}
}

func TestOperationsGolden(t *testing.T) {
	var b strings.Builder
	for _, s := range dixaclient.Operations() {
		fmt.Fprintf(&b, "%-30s %-6s %-5s %s", s.Name, s.Method, s.Level, s.Path)
		for _, mark := range []struct {
			on   bool
			name string
		}{{s.Idempotent, "idempotent"}, {s.Paged, "paged"}, {s.Deprecated, "deprecated"}} {
			if mark.on {
				b.WriteString(" " + mark.name)
			}
		}
		b.WriteString("\n")
	}
	golden.Equal(t, "../testdata/operations.golden", []byte(b.String()))
}

func TestOperationsAgreeWithTheContract(t *testing.T) {
	rows := contract.Load(t).Rows()
	byName := map[string]*dixaclient.Spec{}
	for _, s := range dixaclient.Operations() {
		byName[s.Name] = s
	}
	hosts := map[dixaclient.Host]string{dixaclient.API: "https://dev.dixa.io", dixaclient.Exports: "https://exports.dixa.io"}
	for _, row := range rows {
		s := byName[row.Tool]
		if s == nil {
			t.Errorf("%s is not declared", row.Tool)
			continue
		}
		delete(byName, s.Name)
		want := []any{row.Method, row.Path, row.Host, row.Level, row.Idempotent, row.Paginated, row.Deprecated}
		require.Equal(t, want, []any{s.Method, s.Path, hosts[s.Host], s.Level.String(), s.Idempotent, s.Paged, s.Deprecated}, s.Name)
	}
	require.Empty(t, byName, "declared in dixaclient, but not in openapi-v1.json, openapi-exports.json or endpoints.tsv in $DIXA_CONTRACT")
}
