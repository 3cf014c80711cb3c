// Package interop tests the built program with what others have written for the protocol: the official conformance
// suite, the clients of the official SDKs, MCP Inspector, mcp-remote and Chromium. There is no code in it.
//
// What runs in Node is installed by npm ci in js/; without it those tests are skipped.
package interop
