// Package bench measures what dixa-mcp costs: a call, a start, the hosted server beside a bare one, many sessions, and
// several servers that share one limit; and it holds a hosted one under trouble for long. There is no code in it; make
// bench and make soak run it.
package bench
