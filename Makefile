# Every target says what it does in `make help`. The work is done by the scripts in .ci/.

PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help play test site bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

play: ## Build the release page and serve it on http://127.0.0.1:8080 (PORT=8090 for another port)
	@.ci/tools play
	@.ci/site
	@PATH="$$(.ci/tools path)$$PATH" node .ci/serve.mjs --dir dist --port "$(PORT)" --open

test: ## Check everything: formatting, lints, native tests, WASM tests, the page in Chromium
	@.ci/tools test
	@.ci/test

site: ## Build the page for any static host, under any path, into dist/
	@.ci/tools play
	@.ci/site

bench: ## Measure the engine, natively and in WASM (release builds)
	@.ci/tools play
	@.ci/site
	@cargo run --locked --release -- bench
	@printf '\nin WASM, under Node.js\n\n'
	@set -e; PATH="$$(.ci/tools path)$$PATH"; scenario=$$(mktemp); trap 'rm -f "$$scenario"' EXIT; \
	bench="cargo run --locked --release --quiet -- bench --scenario --requests 2000000"; \
	$$bench > "$$scenario"; node .ci/bench.mjs "$$scenario" "M/M/1"; \
	$$bench --timeout > "$$scenario"; node .ci/bench.mjs "$$scenario" "M/M/1, 1 s timeout"; \
	node .ci/bench.mjs benches/six-nodes.toml "six nodes, ten minutes"

clean: ## Remove what was built (tools in the cache stay)
	@rm -rf dist tests/e2e/node_modules tests/e2e/shots
	@cargo clean
