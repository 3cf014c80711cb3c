// Package bench measures what dixa-mcp costs: a call over stdio beside a direct request, a start, the hosted server beside a
// bare one, many sessions, and several servers that share one rate limit. Its soak test runs hosted servers under faults for
// a long time. It has tests only; make bench and make soak run them.
package bench
