package view

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// dataURI is a file in the middle of a text: data:image/png;base64,…, also over several lines.
var dataURI = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)data:([a-z]+)/[a-z0-9.+-]+(?:;[a-z0-9=._-]+)*;base64,([a-z0-9+/=_%-]*(?:\r?\n[ \t]*[a-z0-9+/]{60,}={0,2})*(?:\r?\n[ \t]*[a-z0-9+/]+={1,2})?)|data:(image)/[a-z0-9.+-]+(?:;[a-z0-9=._-]+)*,([^\s"'()<>]{64,})`)
})

// hasData reports whether a text may hold a data URI. Most texts hold none, and are not copied to find out.
func hasData[T string | []byte](s T, index func(T, byte) int) bool {
	if index(s, ',') < 0 {
		return false
	}
	for i := 0; ; i++ {
		n := index(s[i:], ':')
		if n < 0 {
			return false
		}
		if i += n; i >= 4 && strings.EqualFold(string(s[i-4:i]), "data") {
			return true
		}
	}
}

// withoutData replaces the files in a text by what they are and how large: [image, 46 kB].
func withoutData(s string) string {
	if !hasData(s, strings.IndexByte) {
		return s
	}
	return dataURI().ReplaceAllStringFunc(s, func(uri string) string {
		head, payload, _ := strings.Cut(uri, ",")
		size := len(payload)
		if len(head) > 7 && strings.EqualFold(head[len(head)-7:], ";base64") {
			size = size * 3 / 4
		}
		opens, rest := imageText, ", "
		if !strings.EqualFold(head[5:min(len(head), 10)], "image") {
			opens, rest = fileText, " "
		}
		if size < 1000 {
			return with(opens, fmt.Sprintf("%s%d bytes", rest, size))
		}
		return with(opens, fmt.Sprintf("%s%s kB", rest, thousands((size+500)/1000)))
	})
}
