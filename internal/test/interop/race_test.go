//go:build race

package interop

// raced builds the program as the tests themselves are built.
const raced = true
