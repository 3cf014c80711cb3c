// Package seeds runs randomized tests: the same test for many seeds, each of which can be repeated alone.
package seeds

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// Least is how many seeds every randomized test runs.
const Least = 150

// Run runs a test once for each seed from 0 on, with a generator of that seed: [Least] seeds, or as many more as the
// environment variable SEEDS says. A seed that fails is printed with the command that repeats it. all tells whether every
// seed was run, and not only those that -run selects: only then do sums over the seeds mean anything.
func Run(t *testing.T, test func(t *testing.T, r *rand.Rand)) (all bool) {
	t.Helper()
	again, count, ran := command(t.Name()), Count(t), 0
	for seed := range count {
		if !t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { ran++; test(t, New(seed)) }) {
			t.Logf("seed %d failed; repeat it with: %s/^seed=%d$'", seed, again, seed)
		}
	}
	return ran == count
}

// New returns the generator of a seed.
func New(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 1)) }

// Count returns how many seeds a test runs.
func Count(t *testing.T) int {
	t.Helper()
	more := os.Getenv("SEEDS")
	if more == "" {
		return Least
	}
	n, err := strconv.Atoi(more)
	if err != nil {
		t.Fatalf("SEEDS must be a number of seeds, such as 2000, not %q", more)
	}
	return max(n, Least)
}

// command returns the command that runs the named test of the package that called [Run], without its closing quote.
func command(name string) string {
	pc, _, _, _ := runtime.Caller(2)
	function := runtime.FuncForPC(pc).Name() // dixa-mcp/internal/gate_test.TestX
	slash := strings.LastIndex(function, "/") + 1
	last, _, _ := strings.Cut(function[slash:], ".")
	_, dir, _ := strings.Cut(function[:slash]+strings.TrimSuffix(last, "_test"), "/")
	return fmt.Sprintf("go test ./%s -run '^%s$", dir, strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^"))
}
