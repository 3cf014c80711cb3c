package fiction

import "time"

// RNG is a splitmix64 generator. It is written out here because the data of a seed must never change under golden files.
type RNG struct{ State uint64 }

// NewRNG returns the generator of one thing, the same whatever else was made before.
func NewRNG(seed uint64, kind string, n int64) *RNG {
	h := uint64(14695981039346656037) ^ seed*0x9e3779b97f4a7c15 // FNV-1a over the kind, begun at the seed
	for i := range len(kind) {
		h = (h ^ uint64(kind[i])) * 1099511628211
	}
	return &RNG{State: h ^ uint64(n)*0xbf58476d1ce4e5b9}
}

// Next returns the next number.
func (r *RNG) Next() uint64 {
	r.State += 0x9e3779b97f4a7c15
	z := r.State
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// N returns a number from 0 to below k.
func (r *RNG) N(k int) int { return int(r.Next() % uint64(k)) }

// Chance reports true in percent of a hundred cases.
func (r *RNG) Chance(percent int) bool { return r.N(100) < percent }

// Between returns a duration from least to below most.
func (r *RNG) Between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.Next()%uint64(most-least))
}

// Pick chooses one of a list.
func Pick[T any](r *RNG, list []T) T { return list[r.N(len(list))] }
