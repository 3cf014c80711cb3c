// Package program builds dixa-mcp for tests that run it.
package program

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Build builds dixa-mcp in a directory as a release is built, and returns the path of the program. All tests that use it, and
// the checks of the release, share what Go compiled for one of them.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "dixa-mcp")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "dixa-mcp/cmd/dixa-mcp")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build dixa-mcp: %w: %s", err, out)
	}
	return path, nil
}
