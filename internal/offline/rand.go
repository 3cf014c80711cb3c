package offline

import (
	"fmt"
	"time"
)

// rng is a splitmix64 generator. It is written out here because the data of a seed must never change under golden files.
type rng struct{ state uint64 }

// rand returns the generator of one thing, so that it is the same whatever else was made before.
func (w *world) rand(kind string, n int64) *rng {
	h := uint64(14695981039346656037) ^ w.seed*0x9e3779b97f4a7c15 // FNV-1a over the kind, begun at the seed
	for i := range len(kind) {
		h = (h ^ uint64(kind[i])) * 1099511628211
	}
	return &rng{state: h ^ uint64(n)*0xbf58476d1ce4e5b9}
}

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n returns a number from 0 to below k.
func (r *rng) n(k int) int { return int(r.next() % uint64(k)) }

// chance reports true in percent of a hundred cases.
func (r *rng) chance(percent int) bool { return r.n(100) < percent }

// between returns a duration from least to below most.
func (r *rng) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.next()%uint64(most-least))
}

// pick chooses one of a list.
func pick[T any](r *rng, list []T) T { return list[r.n(len(list))] }

// uuid returns the id of the n-th thing of a kind, shaped like a random (version 4) uuid.
func (w *world) uuid(kind string, n int64) string {
	r := w.rand(kind+" id", n)
	a, b := r.next(), r.next()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// hexKey returns a secret of 64 hexadecimal digits.
func (w *world) hexKey(kind string, n int64) string {
	r := w.rand(kind+" key", n)
	return fmt.Sprintf("%016x%016x%016x%016x", r.next(), r.next(), r.next(), r.next())
}
