// Package bm25 ranks short texts by the words of a query. There is no library for it: those that are kept well bring their own
// storage, and BM25 itself is a formula over some hundred texts.
package bm25

import (
	"math"
	"strings"
	"unicode"
)

// Words returns the words of a text in lower case.
func Words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// Term is what a query asks for: a word, or several of which each is as good as its weight says.
type Term []Word

// Word is a way to write a term.
type Word struct {
	Text   string
	Weight float64
}

// The usual constants of BM25: how soon repetition stops to matter, and how much the length of a text does.
const (
	saturation = 1.2
	lengthBias = 0.75
)

// Scores returns how well each text, given as its words, fits the terms; 0 for one that has none of them. Two words are the same
// if same says so.
func Scores(texts [][]string, terms []Term, same func(word, term string) bool) []float64 {
	total := 0
	for _, words := range texts {
		total += len(words)
	}
	average := float64(total) / float64(max(len(texts), 1))
	scores := make([]float64, len(texts))
	counts := make([]float64, len(texts))
	for _, term := range terms { // in their order, on which sums depend
		in := 0
		for i, words := range texts {
			if counts[i] = term.count(words, same); counts[i] > 0 {
				in++
			}
		}
		rare := math.Log(1 + (float64(len(texts)-in)+0.5)/(float64(in)+0.5))
		for i, f := range counts {
			if f > 0 {
				scores[i] += rare * f * (saturation + 1) / (f + saturation*(1-lengthBias+lengthBias*float64(len(texts[i]))/average))
			}
		}
	}
	return scores
}

// count returns how often a term is among words, by its weights.
func (t Term) count(words []string, same func(word, term string) bool) (n float64) {
	for _, w := range words {
		best := 0.0
		for _, alternative := range t {
			if alternative.Weight > best && same(w, alternative.Text) {
				best = alternative.Weight
			}
		}
		n += best
	}
	return n
}
