# make run and make test need nothing but Go 1.26 and the module proxy.

GO      ?= go
VERSION ?=
LDFLAGS := -s -w $(if $(VERSION),-X main.release=$(VERSION))

.DEFAULT_GOAL := help

.PHONY: help run serve test build lint release-snapshot bench soak safety update-golden release-tools clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## a short session of an agent against the built-in offline Dixa
	@echo "Building dixa-mcp (the first time, Go fetches its modules) ..."
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/dixa-mcp ./cmd/dixa-mcp
	@./bin/dixa-mcp demo

serve: build ## serve the offline Dixa at 127.0.0.1:8080 and the console at 127.0.0.1:9090, with keys to try them with; HTTP=ADDRESS, ADMIN=ADDRESS for others
	@./bin/dixa-mcp serve --http $(or $(HTTP),127.0.0.1:8080) --admin $(or $(ADMIN),127.0.0.1:9090) --sse --offline --demo-keys --state bin/serve-state

test: ## all tests; RACE=1 with the race detector
	$(GO) test $(if $(RACE),-race )-timeout 40m ./...

build: ## bin/dixa-mcp
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/dixa-mcp ./cmd/dixa-mcp

lint: ## go vet, gofmt, go mod tidy and staticcheck
	$(GO) vet ./...
	$(GO) vet -tags conformance ./internal/serve
	$(GO) mod tidy -diff
	cd internal/test/interop/gosdk && $(GO) vet . && $(GO) mod tidy -diff
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 -tags conformance ./internal/serve

release-snapshot: ## everything that a release publishes, in dist/, without publishing it
	.ci/release snapshot

bench: ## our own part of a call, start-up, memory, pace, and the hosted server; takes several minutes
	$(GO) test -run '^$$' -bench Overhead -benchtime 2000x ./internal/test/bench
	$(GO) test -run '^$$' -bench Stdio -benchtime 8000x ./internal/test/bench
	$(GO) test -run '^$$' -bench ColdStart -benchtime 40x ./internal/test/bench
	$(GO) test -run '^$$' -bench 'Memory|Pace' -benchtime 1x -timeout 10m ./internal/test/bench
	$(GO) test -run '^$$' -bench Hosted -benchtime 40x ./internal/test/bench
	$(GO) test -run '^$$' -bench ToolsList -benchtime 2000x ./internal/test/bench
	$(GO) test -run '^$$' -bench 'Sessions|Replicas' -benchtime 1x -timeout 10m ./internal/test/bench
	$(GO) test -run '^$$' -bench . -benchmem ./internal/audit ./internal/capability ./internal/view ./schemas

soak: ## ten minutes of agents, faults and restarts, and what became of each write; SOAK=1m for less
	SOAK=$(or $(SOAK),10m) $(GO) test -run TestSoak -count=1 -v -timeout 60m ./internal/test/bench

safety: ## what hijacked agents do: every goal of an attacker through every text that an agent reads
	HIJACK=all $(GO) test -count=1 -v -timeout 60m ./internal/test/hijack
	$(GO) test -count=1 -run TestAgentsDoTheirWork -v ./internal/test/evals

update-golden: ## rewrite the golden files and the generated parts of the documentation
	$(GO) test $$(grep -rl --include='*_test.go' 'internal/test/golden"' . | xargs -n 1 dirname | sort -u) -run 'Golden|Docs' -update

release-tools: ## keep the tools of a release, with which the next changelog compares; VERSION=1.1
	RELEASE_TOOLS=$(VERSION) $(GO) test ./internal/test/laws -run '^TestWriteToolsOfRelease$$' -count=1

clean: ## remove what was built
	rm -rf bin dist
