// Package fold compares names as people do: without regard to case and spaces.
package fold

import "strings"

// Name returns a name in lower case and without spaces. Names that people take for the same one are equal then.
func Name(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), "") }

// Same reports whether two names are the same but for case and spaces.
func Same(a, b string) bool { return Name(a) == Name(b) }
