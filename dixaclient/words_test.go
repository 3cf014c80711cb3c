package dixaclient

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/vocabulary"
)

// enums collects the string types of a type that have values.
func enums(t reflect.Type, found map[reflect.Type][]string, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map:
		enums(t.Elem(), found, seen)
		if t.Kind() == reflect.Map {
			enums(t.Key(), found, seen)
		}
	case reflect.Struct:
		for i := range t.NumField() {
			enums(t.Field(i).Type, found, seen)
		}
	case reflect.String:
		if e, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok {
			found[t] = e.Values()
		}
	}
}

func allEnums() map[reflect.Type][]string {
	found, seen := map[reflect.Type][]string{}, map[reflect.Type]bool{}
	for _, op := range Operations() {
		enums(op.In(), found, seen)
	}
	return found
}

// TestEveryEnumHasItsWords goes over the enums of all operations: one of channels, states or directions has a vocabulary, in
// which each of its values has a word of its own, and the word finds the value again, as every other spelling does.
func TestEveryEnumHasItsWords(t *testing.T) {
	places := []vocabulary.Enum{metricChannels, metricDirections, webhookChannels}
	for _, e := range searchVocabulary {
		places = append(places, e)
	}
	for typ, values := range allEnums() {
		v, worded := reflect.Zero(typ).Interface().(interface{ Vocabulary() *vocabulary.Set })
		if worded {
			places = append(places, vocabulary.Enum{Set: v.Vocabulary(), Values: values})
			continue
		}
		for _, set := range []*vocabulary.Set{vocabulary.Channels, vocabulary.WorkingChannels, vocabulary.States, vocabulary.Directions} {
			require.False(t, slices.ContainsFunc(values, set.Knows), "%s has values of the vocabulary of %ss: give it a method Vocabulary in words.go", typ, set.Of)
		}
	}
	require.Greater(t, len(places), 12)
	spelled := map[*vocabulary.Set][]string{}
	for _, e := range places {
		spelled[e.Set] = append(spelled[e.Set], e.Values...)
	}
	for _, e := range places {
		var words []string
		for _, value := range e.Values {
			words = append(words, e.Set.Word(value))
		}
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(words))), len(words), "two of %v have one word", e.Values)
		for i, value := range e.Values {
			require.True(t, e.Set.Knows(value), "%s has no word for %s: name it in vocabulary/table.go", e.Set.Of, value)
			for _, text := range []string{value, words[i], strings.ToLower(words[i]), strings.ToUpper(value)} {
				found, ok := e.Find(text)
				require.True(t, ok, text)
				require.Equal(t, value, found, text)
			}
			for _, other := range spelled[e.Set] {
				if e.Set.Word(other) == words[i] {
					found, ok := e.Find(other)
					require.True(t, ok, other)
					require.Equal(t, value, found, other)
				}
			}
		}
	}
}

func TestSnakeCase(t *testing.T) {
	require.Contains(t, metricChannels.Values, "CONTACT_FORM")
	require.Contains(t, webhookChannels.Values, "pstn_phone")
}
