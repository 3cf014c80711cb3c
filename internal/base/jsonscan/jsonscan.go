// Package jsonscan finds the parts of JSON text without copying or decoding it. The text must be valid, and nothing is
// checked again: a part of an invalid text may be wrong, or an index may be out of range.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"unicode/utf8"
)

// IsSpace reports whether ch is white space in JSON.
func IsSpace(ch byte) bool { return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t' }

// SkipSpace returns the index of the first byte from i on that is not white space, or len(b).
func SkipSpace(b []byte, i int) int {
	for i < len(b) && IsSpace(b[i]) {
		i++
	}
	return i
}

// StringEnd returns the index behind the closing quotation mark of the string that opens at b[i].
func StringEnd(b []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		n := 0
		for b[i-1-n] == '\\' {
			n++
		}
		if n%2 == 0 {
			return i + 1
		}
	}
}

// ValueEnd returns the index behind the value that begins at b[i].
func ValueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return StringEnd(b, i)
	case '{', '[':
		for depth := 0; ; {
			switch b[i] {
			case '"':
				i = StringEnd(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && !IsSpace(b[i]) {
		i++
	}
	return i
}

// Unquote returns the value of a string, given what is between its quotation marks. What is not UTF-8 becomes U+FFFD.
func Unquote(inner []byte) string {
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(slices.Concat([]byte{'"'}, inner, []byte{'"'}), &s) // it is valid
	return s
}

// Members yields the members of an object in their order: the name between its quotation marks, with its escapes, and the
// bytes of the value. The object begins at obj[0].
func Members(obj []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := SkipSpace(obj, 1); obj[i] != '}'; {
			if obj[i] == ',' {
				i = SkipSpace(obj, i+1)
			}
			end := StringEnd(obj, i)
			name := obj[i+1 : end-1]
			i = SkipSpace(obj, SkipSpace(obj, end)+1) // past the colon
			end = ValueEnd(obj, i)
			if !yield(name, obj[i:end]) {
				return
			}
			i = SkipSpace(obj, end)
		}
	}
}

// Elements yields the bytes of the elements of an array, which begins at arr[0].
func Elements(arr []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := SkipSpace(arr, 1); arr[i] != ']'; {
			if arr[i] == ',' {
				i = SkipSpace(arr, i+1)
			}
			end := ValueEnd(arr, i)
			if !yield(arr[i:end]) {
				return
			}
			i = SkipSpace(arr, end)
		}
	}
}
