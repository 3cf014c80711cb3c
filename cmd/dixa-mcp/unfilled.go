package main

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// unfilled matches what a host of bundles leaves in place of a value that its user did not enter.
var unfilled = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\$\{user_config\.\w+\}$`) })

// forgetUnfilled unsets this program's variables that are empty or were not filled in, so that they are as if not set.
func forgetUnfilled() {
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "DIXA_") && (value == "" || unfilled().MatchString(value)) {
			_ = os.Unsetenv(name) // fails only for names that no variable has
		}
	}
}
