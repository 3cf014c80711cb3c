package laws

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownGenerator lists the test files that may make random numbers without the package seeds, and why.
var ownGenerator = map[string]string{
	"internal/view/tokens_test.go":            "samples of ids, the same each time",
	"internal/test/laws/growth_linux_test.go": "one request of each operation, the same each time",
	"internal/test/endtoend/answers_test.go":  "half a minute of processes, whose order the machine decides",
	"internal/test/bench/soak_test.go":        "a run of minutes, with one seed that it prints",
	"internal/records/bench_test.go":          "a benchmark, the same records each time",
}

// TestRandomTestsRunManySeeds fails for randomized tests without internal/test/seeds, which runs enough seeds and says how
// to repeat one.
func TestRandomTestsRunManySeeds(t *testing.T) {
	for _, rel := range files(t) {
		if !strings.HasSuffix(rel, "_test.go") || ownGenerator[rel] != "" || rel == "internal/test/laws/seeds_test.go" {
			continue
		}
		source, err := os.ReadFile(filepath.Join(repository(t), rel))
		require.NoError(t, err)
		generators := []string{"rand.NewPCG(", "rand.NewChaCha8(", "rand.NewSource(", "rand.N(", "rand.IntN(", "rand.Intn(", "rand.Perm(", "quick.Check("}
		i := slices.IndexFunc(generators, func(g string) bool { return strings.Contains(string(source), g) })
		if i >= 0 {
			t.Errorf("%s uses %s...): run the test with seeds.Run (internal/test/seeds), or list the file in ownGenerator in internal/test/laws/seeds_test.go", rel, generators[i])
		}
	}
}
