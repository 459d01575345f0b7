# Every target brings what it needs: Node 22 (through npm), the dependencies of the lock file, Redis and Chromium for the tests.
# Works with GNU make 3.81 (macOS) and with BSD make.
WITH = sh scripts/with-node.sh
# Room for young objects: with the default of 16 MiB a sixth of the server's time under load goes into collecting them.
NODE_FLAGS = --conditions=dist --max-semi-space-size=32

.PHONY: help run dev build test check fmt bench browser faults nightly screenshots

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## build and start the server (settings from the environment; ARGS="--help" and ARGS="config" show them)
	@$(WITH) npm run --silent build
	@exec $(WITH) node $(NODE_FLAGS) dist/main.js $(ARGS)

dev: ## start the sources, and again on every change
	@exec $(WITH) tsx watch src/main.ts

build: ## compile into dist
	@$(WITH) npm run --silent build

test: ## lint, types, and all suites against real PostgreSQL and Redis
	@$(WITH) node scripts/verify-binaries.mjs
	@$(WITH) npm run --silent lint
	@sh scripts/ensure-redis.sh
	@sh scripts/ensure-haproxy.sh
	@sh scripts/ensure-chromium.sh
	@$(WITH) npm run --silent test

check: ## the quick loop: lint, types, unit tests
	@$(WITH) npm run --silent check

fmt: ## format the sources
	@$(WITH) npm run --silent fmt

bench: ## measure beside a plain Socket.IO and PostgreSQL server (ARGS="--quick", ARGS="--help")
	@sh scripts/ensure-redis.sh
	@$(WITH) npm run --silent bench -- $(ARGS)

browser: ## only the tests in a real Chromium
	@sh scripts/ensure-redis.sh
	@sh scripts/ensure-chromium.sh
	@$(WITH) npm run --silent browser

faults: ## only the tests that kill, freeze and cut (FAULTS=200 for a long run on three nodes, kept in docs/faults.md; SEED=, ARGS=)
	@sh scripts/ensure-redis.sh
	@sh scripts/ensure-haproxy.sh
	@$(WITH) npm run --silent faults -- $(ARGS)

nightly: ## all suites with their large counts (hours)
	@sh scripts/ensure-redis.sh
	@sh scripts/ensure-haproxy.sh
	@sh scripts/ensure-chromium.sh
	@NIGHTLY=1 $(WITH) npm run --silent test

screenshots: build ## take the pictures of docs/images, with Chromium
	@$(WITH) tsx scripts/screenshots.ts
