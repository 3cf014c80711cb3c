package operations

import (
	"strconv"
	"strings"
)

func itoa(n int64) string    { return strconv.FormatInt(n, 10) }
func lower(id string) string { return strings.ToLower(id) }

// lowered returns ids in lower case, as they are kept here.
func lowered(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strings.ToLower(id)
	}
	return out
}

// set takes a new value where one is given.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
