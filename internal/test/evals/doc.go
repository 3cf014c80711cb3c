// Package evals plays what people ask support agents to do, and measures what it takes: calls and tokens, with task tools and
// with plain operations side by side.
package evals
