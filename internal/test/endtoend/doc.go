// Package endtoend tests the built program from outside, as a client and an operator see it: killed at random under
// load, with secrets planted in everything it is given, behind a proxy. There is no code in it.
package endtoend
