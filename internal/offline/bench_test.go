package offline

import (
	"testing"

	"dixa-mcp/internal/offline/seed"
)

func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	d := New(Options{})
	for b.Loop() {
		seed.New(1, d.world().Anchor)
	}
}

func BenchmarkFirstTextSearch(b *testing.B) {
	b.ReportAllocs()
	d := New(Options{})
	for b.Loop() {
		b.StopTimer()
		w := seed.New(1, d.world().Anchor)
		b.StartTimer()
		for _, c := range w.Conversations {
			w.Text(c)
		}
	}
}
