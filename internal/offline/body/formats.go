package body

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

var (
	uuidForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	})
	phoneForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) })
)

// IsUUID reports whether a string is a uuid.
func IsUUID(s string) bool  { return uuidForm().MatchString(s) }
func isPhone(s string) bool { return phoneForm().MatchString(s) }
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// Check refuses a string that is none of the formats of its field: uuid, email, phone, a list of values
// with a name, or one written "A|B".
func (r Reader) Check(s string, formats []string) error {
	checked := false
	for _, f := range formats {
		ok := false
		switch {
		case f == "required" || f == "":
			continue
		case f == "uuid":
			ok = IsUUID(s)
		case f == "email":
			ok = isEmail(s)
		case f == "phone":
			ok = isPhone(s)
		case r.Lists[f] != "":
			ok = oneOf(r.Lists[f], s)
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

// ParseTime reads a date-time as Dixa writes and takes it: RFC 3339, with or without a zone's name in brackets behind.
func ParseTime(s string) (time.Time, error) {
	if i := strings.IndexByte(s, '['); i >= 0 && strings.HasSuffix(s, "]") {
		s = s[:i]
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}
