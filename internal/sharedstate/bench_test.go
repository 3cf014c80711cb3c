package sharedstate

import (
	"log/slog"
	"testing"

	"dixa-mcp/dixaclient"
)

// BenchmarkReserve measures what the shared rate limit adds to a request.
func BenchmarkReserve(b *testing.B) {
	s := New(b.TempDir(), "https://dixa.example", slog.New(slog.DiscardHandler))
	defer s.Close()
	bucket := s.Bucket(dixaclient.BucketSpec{Token: "0123456789abcdef", Rate: 1e6, Burst: 1e6})
	for b.Loop() {
		if _, _, err := bucket.Reserve(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
