package offline

import "testing"

func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	d := New(Options{})
	for b.Loop() {
		newWorld(1, d.api.anchor)
	}
}

func BenchmarkFirstTextSearch(b *testing.B) {
	b.ReportAllocs()
	d := New(Options{})
	for b.Loop() {
		b.StopTimer()
		w := newWorld(1, d.api.anchor)
		b.StartTimer()
		for _, c := range w.conversations {
			w.text(c)
		}
	}
}
