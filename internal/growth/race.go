//go:build race && linux

package growth

const race = true
