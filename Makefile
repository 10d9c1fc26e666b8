# Sign-up services: everyday commands. `make` lists them.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

# Ports of `make run`, for example: make run XDUA_PORT=9002
CONSOLE_PORT ?= 8080
BYTEPOWER_PORT ?= 8081
XDUA_PORT ?= 8082
CIAM_PORT ?= 8083
DEMO_PORT ?= 8085

# What `make bench` measures: lines by name (ONLY=name,name; `make bench LIST=1` shows them), short rounds and little data
# (QUICK=1), seconds and rounds of each measurement, and whether npm may install better-auth to compare with
# (BETTER_AUTH=1).
ONLY ?=
LIST ?=
QUICK ?=
SECONDS ?=
RUNS ?=
BETTER_AUTH ?=

# What `make fuzz-api` sends: requests per operation, and the seed that makes them up (by chance if empty: it is printed).
EXAMPLES ?= 300
# Also the seed of `make torture`.
SEED ?=

# What `make torture` does: rounds of killing, the seed of the plan (by chance if empty), for how many seconds the broker
# is stopped afterwards. With JSON=1 the results of both are printed as JSON.
ROUNDS ?= 20
OUTAGE ?= 20
JSON ?=

.PHONY: help run test test-browser screenshots sdk check-sdk torture fuzz-api bench deploy-test release lint check fmt docs layers postgres rabbitmq reset cargo

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The shell outlives Ctrl-C, so that stopping the services is no error to make.
run: cargo ## Run all services on this machine, data in .signup/ (Ctrl-C stops them)
	@trap 'stopped=yes' INT; \
	cargo run -p signupctl -- dev --console-port $(CONSOLE_PORT) --bytepower-port $(BYTEPOWER_PORT) \
		--xdua-port $(XDUA_PORT) --ciam-port $(CIAM_PORT) --demo-port $(DEMO_PORT) || [ -n "$$stopped" ]

test: cargo ## Run all tests, beside private servers and in Chromium
	@for tool in curl openssl; do command -v $$tool >/dev/null || scripts/install-packages $$tool; done
	@scripts/with-chromium scripts/with-postgres scripts/with-rabbitmq scripts/with-mailserver scripts/with-haproxy \
		scripts/with-pika cargo test --workspace
	@$(MAKE) check-sdk
	@scripts/with-chromium scripts/test-browser

test-browser: cargo check-sdk ## Test browser SDK, demo site and console in Chromium
	@scripts/with-chromium cargo test --quiet -p xdua-gateway --test sdk
	@scripts/with-chromium scripts/test-browser

screenshots: cargo ## Take the pictures of the documentation anew: docs/images
	@scripts/with-chromium scripts/test-browser --screenshots docs/images

sdk: ## Build the browser SDK: sdk/xdua/dist from sdk/xdua/src
	@scripts/with-node sdk/xdua npm run --silent build

check-sdk: ## Check that the built SDK is what its sources build to
	@scripts/with-node sdk/xdua npm run --silent check

# Debug builds: what is tried is what gets lost, not how fast.
torture: cargo ## Kill everything at random under load, then count (ROUNDS, SEED, OUTAGE)
	@scripts/rabbitmq-node install
	@cargo build --quiet --workspace --bins
	@scripts/with-mailserver "$${CARGO_TARGET_DIR:-target}/debug/torture" \
		--rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) --outage $(OUTAGE) $(if $(JSON),--json)

fuzz-api: cargo ## Send the services what their OpenAPI documents allow and forbid (EXAMPLES, SEED)
	@cargo build --quiet -p signupctl
	@EXAMPLES=$(EXAMPLES) SEED=$(SEED) scripts/fuzz-api

bench: cargo ## Measure the services against the machine's limits (ONLY, QUICK, SECONDS, RUNS, BETTER_AUTH, LIST)
	@scripts/with-postgres --programs >/dev/null
	@scripts/rabbitmq-node install
	@built=$$(scripts/build-release -p signup-bench) && "$$built/bench" $(if $(LIST),--list) $(if $(ONLY),--only $(ONLY)) \
		$(if $(QUICK),--quick) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RUNS),--rounds $(RUNS)) \
		$(if $(BETTER_AUTH),--better-auth) $(if $(JSON),--json)

deploy-test: ## Build the images, bring deploy/compose.yaml up, sign people up, take it down
	@scripts/deploy-test

release: cargo ## Build programs, SBOM and checksums into target/dist (TARGET)
	@scripts/release

lint: cargo layers ## Check format, Clippy's lints and the layers
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --quiet -- -D warnings

layers: cargo ## Check that the crates depend in one direction only
	@cargo test --quiet -p signup-testkit --test layers

check: lint ## lint, then licences, the built SDK, published schemas, Kubernetes manifests, Dockerfile, alerts and dashboard
	@if command -v cargo-deny >/dev/null; then \
		cargo deny --log-level warn check bans licenses sources; \
	else \
		echo "cargo-deny is not installed, licences are not checked (cargo install cargo-deny)"; \
	fi
	@$(MAKE) check-sdk
	@scripts/check-schemas
	@scripts/check-kubernetes
	@scripts/check-images
	@scripts/check-prometheus

fmt: cargo ## Format the code
	@cargo fmt --all

# Written beside it first: the shell empties the file before the program that makes it may fail.
docs: cargo ## Make docs/configuration.md and docs/declarations.md from the code
	@cargo run --quiet -p signupctl -- config reference > docs/configuration.md.new \
		&& mv docs/configuration.md.new docs/configuration.md
	@cargo run --quiet -p signupctl -- app reference > docs/declarations.md.new \
		&& mv docs/declarations.md.new docs/declarations.md

postgres: ## Keep a private PostgreSQL open for tests, until Ctrl-C
	@trap : INT; scripts/with-postgres sh -c \
		'echo "export TEST_POSTGRES_URL=$$TEST_POSTGRES_URL"; exec sleep 2147483647' || true

rabbitmq: ## Keep a private RabbitMQ open for tests, until Ctrl-C
	@trap : INT; scripts/with-rabbitmq sh -c \
		'echo "export TEST_RABBITMQ_URL=$$TEST_RABBITMQ_URL TEST_RABBITMQ_API=$$TEST_RABBITMQ_API"; \
		exec sleep 2147483647' || true

reset: ## Delete the data of make run
	@rm -rf .signup && echo "removed .signup/"

cargo:
	@command -v cargo >/dev/null || { \
		echo "Rust is missing. Install it from https://rustup.rs, then open a new shell." >&2; exit 1; }
