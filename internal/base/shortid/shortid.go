// Package shortid makes and recognizes the short numbers that people and models read out and type, such as A-7K2Q.
package shortid

import (
	"crypto/rand"
	"strings"
)

const (
	digits = "23456789BCDFGHJKMNPQRSTVWXZ" // nothing that looks or sounds alike, no vowels, no words

	// Least is the number of characters of a number behind its prefix, and Most that of the longest.
	Least = 4
	Most  = 8
)

// Random returns a random number of some characters behind a prefix. It is not a secret.
func Random(prefix string, length int) string {
	random := make([]byte, length)
	_, _ = rand.Read(random) // never fails
	return Of(prefix, random)
}

// Of returns the number that some bytes stand for, with one character a byte.
func Of(prefix string, bytes []byte) string {
	number := []byte(prefix)
	for _, b := range bytes {
		number = append(number, digits[int(b)%len(digits)])
	}
	return string(number)
}

// Is reports whether a text has the form of a number with a prefix.
func Is(prefix, text string) bool {
	rest, ok := strings.CutPrefix(text, prefix)
	return ok && len(rest) >= Least && len(rest) <= Most && strings.Trim(rest, digits) == ""
}
