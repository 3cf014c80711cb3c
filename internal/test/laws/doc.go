// Package laws holds the tests of what must be true of the whole: of every tool, of the agents in the built-in
// capability file, of the imports between packages, and of the documentation. There is no code in it.
package laws
