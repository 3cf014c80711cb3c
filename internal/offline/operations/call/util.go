package call

import (
	"strconv"
	"strings"
)

// Itoa writes a number.
func Itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Lowered returns ids in lower case, as they are kept here.
func Lowered(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strings.ToLower(id)
	}
	return out
}

// Set takes a new value where one is given.
func Set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
