# Every target says what it does in `make help`. The work is done by the scripts in .ci/.

PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help play test site bench bench-peers clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

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

bench: ## Measure the engine, natively and in WASM, and against SimPy if that is installed
	@.ci/tools play
	@.ci/site
	@cargo run --locked --release -- bench
	@printf '\nin WASM, under Node.js\n\n'
	@set -e; PATH="$$(.ci/tools path)$$PATH"; scenario=$$(mktemp); trap 'rm -f "$$scenario"' EXIT; \
	bench="cargo run --locked --release --quiet -- bench --scenario --requests 2000000"; \
	$$bench > "$$scenario"; node .ci/bench.mjs "$$scenario" "M/M/1"; \
	$$bench --timeout > "$$scenario"; node .ci/bench.mjs "$$scenario" "M/M/1, 1 s timeout"; \
	node .ci/bench.mjs benches/w2.toml "W2, 10 min"; \
	sed 's/^duration = .*/duration = "40 min"/' benches/w2.toml > "$$scenario"; \
	node .ci/bench.mjs "$$scenario" "W2, 40 min"; \
	node .ci/bench.mjs benches/w3.toml "W3, 60 s"; \
	node .ci/bench.mjs benches/six-nodes.toml "six nodes, ten minutes"
	@if [ -x target/peers/bin/python ]; then \
	target/peers/bin/python benches/peers/compare.py target/release/brownout benches/w2.toml; \
	else printf '\nSimPy is not measured: make bench-peers installs it\n'; fi

bench-peers: ## Install what `make bench` compares with (Python 3.11 or newer; PyPI), into target/peers
	@python3 -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else 0'
	@python3 -m venv target/peers
	@target/peers/bin/pip install --quiet --requirement benches/peers/requirements.txt

clean: ## Remove what was built (tools in the cache stay)
	@rm -rf dist tests/e2e/node_modules tests/e2e/shots
	@cargo clean
