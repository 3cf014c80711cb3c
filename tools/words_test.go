package tools

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var nameOfWord = regexp.MustCompile(`(?i)(^|\.|_)([a-z]*channels?|[a-z]*channelname|state|status|direction)$`)

// otherWords are fields that are called so and hold no channel, state of a conversation or direction.
var otherWords = strings.Fields("Tag.state Organization.status ScheduleHours.schedule.businessHours.status ScheduleHours.schedule.exceptions.status ScheduleStatus.status Anonymization.status")

// texts returns the paths of the fields of a type that hold strings.
func textsIn(t reflect.Type, path string, around []reflect.Type) (list []string) {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return textsIn(t.Elem(), path, around)
	case reflect.String:
		return []string{path}
	case reflect.Struct:
		for _, a := range around {
			if a == t {
				return nil
			}
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous {
				name = ""
			}
			list = append(list, textsIn(f.Type, strings.Trim(path+"."+name, "."), append(around, t))...)
		}
	}
	return list
}

// TestEveryChannelIsShownInWords goes over all fields of all answers that are called channel, state, status or direction.
func TestEveryChannelIsShownInWords(t *testing.T) {
	for _, tool := range All() {
		item, _ := itemOf(tool.Out())
		paths := map[string]bool{}
		for _, path := range textsIn(item, "", nil) {
			paths[path] = true
			exempt := false
			for _, o := range otherWords {
				exempt = exempt || o == item.Name()+"."+path
			}
			if nameOfWord.MatchString(path) && !exempt {
				require.NotNil(t, words[item][path], "%s: %s of %s: name it in words_table.go, or in otherWords here", tool.Name, path, item)
			}
		}
	}
}
