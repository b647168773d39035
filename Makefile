# What one does with this tree; `make help` lists it. Everything is built in the user's cache, so
# that a fresh clone finds what another one has built.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aeroduct
export CARGO_TARGET_DIR ?= $(CACHE)/target

# Says what begins, how long it took, and how to repeat it when it fails: step.sh PART TITLE COMMAND...
STEP := tests/rig/step.sh

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## see changes arrive in an embedded Kafka; FORMAT=json or flat-json
	@tests/rig/prepare.sh build
	@echo "Building. The first time takes a few minutes."
	@cargo build --release --locked --package aeroduct-simulator
	@"$(CARGO_TARGET_DIR)/release/aeroduct-simulator" demo $(if $(FORMAT),--format $(FORMAT))

.PHONY: test
test: ## everything that must hold, with a real Kafka; SKIP="kafka valgrind fuzz loom" leaves parts out
	@$(STEP) tools "What the tests need" tests/rig/prepare.sh build valgrind kafka
	@$(MAKE) check
	@$(STEP) loom "Interleavings" env RUSTFLAGS="--cfg aeroduct_loom" CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/loom" \
		cargo test --locked --package aeroduct-connector --lib interleavings
	@$(STEP) fuzz "Made-up input" tests/rig/fuzz.sh 3
	@$(STEP) valgrind "Memory of the producer under valgrind" connector/kafka/tests/valgrind.sh
	@$(STEP) kafka "End to end with a real Kafka" cargo test --locked --workspace --test e2e
	@$(STEP) --summary

.PHONY: check
check: ## the desk loop: format, lints, documents, tests that need no server
	@$(STEP) format "Format" cargo fmt --all --check
	@$(STEP) lints "Lints" cargo clippy --locked --workspace --all-targets -- -D warnings
	@$(STEP) lints "Lints of the end-to-end tests" cargo clippy --locked --workspace --test e2e -- -D warnings
	@$(STEP) docs "Documents" env RUSTDOCFLAGS="-D warnings" \
		cargo doc --locked --workspace --no-deps --document-private-items
	@$(STEP) parts "Tests of the parts" cargo test --locked --workspace

.PHONY: golden
golden: ## rewrite the expected outputs that are files; look at the difference before you keep it
	UPDATE_GOLDEN=1 cargo test --locked --package aeroduct-outbound --test golden
	UPDATE_GOLDEN=1 cargo test --locked --package aeroduct-connector --lib metrics::tests::the_page_about_the_metrics
	UPDATE_GOLDEN=1 cargo test --locked --package aeroduct-config --lib up_to_date
	UPDATE_GOLDEN=1 cargo test --locked --package aeroduct-tests --test coverage up_to_date

.PHONY: bench
bench: ## the figures, as ratios to baselines in the same run; ONLY="pipe real" for some of them
	@tests/rig/prepare.sh build valgrind kafka
	@cargo build --release --locked --package aeroduct-connector --package aeroduct-tests --bins
	@"$(CARGO_TARGET_DIR)/release/bench" --json "$(CARGO_TARGET_DIR)/bench.json" $(ONLY)

.PHONY: bench-peers
bench-peers: ## beside rsyslog, franz-go, Kafka Connect and more, into docs/peers.md; ONLY="rsyslog connect" prints some
	@tests/rig/prepare.sh build kafka
	@cargo build --release --locked --package aeroduct-connector --package aeroduct-tests --bins
	@"$(CARGO_TARGET_DIR)/release/bench" peers $(or $(ONLY),--page docs)

.PHONY: soak
soak: ## FOR=10 minutes of load while brokers, network and peers fail; SEED=... again, SEEDS=1000000 simulated before, TIMES=1000 ends of connector and client besides
	@tests/rig/prepare.sh build kafka
	@$(if $(SEEDS),$(MAKE) simulate SEED=)
	@$(if $(TIMES),REPEAT=$(TIMES) cargo test --release --locked --package aeroduct-kafka --test it -- fatal errors_of_all_kinds)
	@cargo build --release --locked --package aeroduct-connector --package aeroduct-tests --bins
	@$(if $(TIMES),AERODUCT_ROUNDS=$(TIMES)) "$(CARGO_TARGET_DIR)/release/soak" --for $(or $(FOR),10) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)") \
		--picture "$(CARGO_TARGET_DIR)/soak.svg" $(if $(TIMES),kill term)

.PHONY: fuzz
fuzz: ## made-up input for each decoder, FOR=60 seconds each
	@tests/rig/prepare.sh build
	@tests/rig/fuzz.sh $(or $(FOR),60)

.PHONY: simulate
simulate: ## the core in a simulated world, SEEDS=1000000 runs; SEED=17 for one of them again
	@$(if $(SEED),SEED=$(SEED)) SEEDS=$(or $(SEEDS),1000000) \
		cargo test --release --locked --package aeroduct-connector --lib source::simulation

.PHONY: audit
audit: ## licences, sources and known weaknesses of what is linked; needs cargo-deny
	@command -v cargo-deny > /dev/null \
		|| { echo "cargo-deny is missing: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny check
