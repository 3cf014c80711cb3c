// Package bench measures what dixa-mcp adds to a call, side by side with a bare HTTP request to the same server.
// There is no code in it; make bench runs it.
package bench
