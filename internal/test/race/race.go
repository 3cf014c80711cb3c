// Package race tells tests whether they were built with the race detector.
package race

import "testing"

// Skip skips a test under the race detector. It is for tests that work on one goroutine, in which there is nothing to detect
// and which take many times as long, and for tests that measure what the detector changes. It is called by the test function
// itself: .ci/without-race finds such tests by the call, and runs them without the detector.
func Skip(t testing.TB) {
	t.Helper()
	if Enabled {
		t.Skip("the race detector has nothing to find here; .ci/without-race runs this without it")
	}
}
