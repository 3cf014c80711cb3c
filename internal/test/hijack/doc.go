// Package hijack measures what a hijacked agent can do: one that carries out every instruction it reads.
package hijack
