//go:build !unix

package serve

import "os"

// Pollable returns f as it is where a file cannot be polled.
func Pollable(f *os.File, _ ...*os.File) (in *os.File, restore func()) { return f, func() {} }
