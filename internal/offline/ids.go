package offline

import (
	"fmt"

	"dixa-mcp/internal/offline/fiction"
)

// rand returns the generator of one thing of this data.
func (w *world) rand(kind string, n int64) *fiction.RNG { return fiction.NewRNG(w.seed, kind, n) }

// uuid returns the id of the n-th thing of a kind, shaped like a random (version 4) uuid.
func (w *world) uuid(kind string, n int64) string {
	r := w.rand(kind+" id", n)
	a, b := r.Next(), r.Next()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// hexKey returns a secret of 64 hexadecimal digits.
func (w *world) hexKey(kind string, n int64) string {
	r := w.rand(kind+" key", n)
	return fmt.Sprintf("%016x%016x%016x%016x", r.Next(), r.Next(), r.Next(), r.Next())
}
