package dixaclient

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// contactName is what arguments are called that are e-mail addresses or telephone numbers.
var contactName = regexp.MustCompile(`(?i)^(cc|bcc)$|email|phone|^contactEndpointId$`)

// Every argument that is an e-mail address or a telephone number has the tag contact, by which what is copied with it is
// taken off.
func TestContactsAreTagged(t *testing.T) {
	var look func(where string, in reflect.Type)
	seen := 0
	look = func(where string, in reflect.Type) {
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		if in.Kind() != reflect.Struct || in.PkgPath() != reflect.TypeFor[Spec]().PkgPath() {
			return
		}
		for name, f := range Arguments(in) {
			if contactName.MatchString(name) {
				seen++
				require.NotEmpty(t, f.Tag.Get("contact"), "%s.%s: add contact:\"email\", \"number\" or \"phone\" to its tags", where, name)
			}
			look(where+"."+name, f.Type)
		}
	}
	for _, s := range Operations() {
		look(s.Name, s.In())
	}
	require.Greater(t, seen, 20)
}
