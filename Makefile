# Bare `make` prints the targets. What a target needs it fetches itself: Python 3.11+ and make do.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
NODE_READY := node_modules/.ready

export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): uv.lock pyproject.toml $(wildcard packages/*/pyproject.toml infra/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fib: Python 3.11 or newer is needed; set PYTHON to one")'
	@test -x $(BIN)/python || { echo "making .venv …"; $(PYTHON) -m venv .venv; }
	@test -x $(BIN)/uv || { echo "fetching uv …"; $(BIN)/python -m pip install -qq --disable-pip-version-check uv; }
	@echo "installing the locked packages …"
	@$(BIN)/uv sync --locked --all-packages --all-groups --quiet
	@$(BIN)/python -m local_stack.dynamodb_local
	@touch $@

$(NODE_READY): package.json package-lock.json | $(READY)
	@echo "installing the Node tools …"
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: run
run: $(READY) ## start everything on localhost: site, both backends, DynamoDB Local
	@exec $(BIN)/python -m local_stack.run

.PHONY: lint
lint: $(READY) $(NODE_READY) ## linters, formatter's check and type checker
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@report=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$report"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/hadolint packages/server_api/Dockerfile
	@node_modules/.bin/biome check --error-on-warnings --log-level=warn
	@node_modules/.bin/tsc --project site

.PHONY: check
check: lint ## lint, types and the unit tests; half a minute, for the loop between two edits
	@$(BIN)/pytest -q -m "not long" tests/unit

.PHONY: test
test: lint ## lint, types and the short run of every test; 5 minutes at most
	@$(BIN)/pytest -m "not long"

.PHONY: test-all
test-all: lint ## every test, the long runs and the container image too
	@$(BIN)/pytest

BACKEND ?= server
# Where requests go: to BACKEND_URL, to BACKEND of a deployed STAGE, else to what runs here.
find_backend = url='$(BACKEND_URL)'; \
  if [ -z "$$url" ] && [ -n '$(STAGE)' ]; then \
    url=$$($(BIN)/python -m infra.deployed '$(STAGE)' '$(BACKEND)') || exit 1; echo "to $$url"; \
  fi

.PHONY: test-api
test-api: $(READY) ## the black-box API suite, against BACKEND_URL=…, a STAGE's BACKEND, or both local ones
	@$(find_backend); $(BIN)/pytest tests/api $${url:+--backend-url="$$url"}

.PHONY: test-faults
test-faults: $(READY) ## counting under all faults for SECONDS=120; SEED=… replays, BUG=… puts a bug in
	@$(BIN)/python -m tests.faults --seconds $(or $(SECONDS),120) $(if $(SEED),--seed $(SEED)) \
	  $(if $(BUG),--bug $(BUG)) $(if $(SCENARIO),--scenario "$(SCENARIO)")

.PHONY: bench
bench: $(READY) ## measure: QUESTIONS="steps current partition index lambda", ROUNDS=5, SECONDS=4
	@$(BIN)/python -m tests.benchmarks

.PHONY: image
image: $(READY) ## build the server's image: by a container engine, or by buildah where none runs
	@$(BIN)/python -m local_stack.image

.PHONY: docs
docs: $(READY) ## build the documents as a static site, in .local/docs
	@$(BIN)/python tools/build_docs.py

.PHONY: release
release: $(READY) ## check that VERSION can be released, and tag it
	@$(BIN)/python tools/release.py '$(VERSION)'

ifeq ($(BACKEND),lambda)
# One event at a time per process, and a write for each step.
BACKEND_PORT := $(or $(LAMBDA_PORT),8081)
RATE ?= 50
else
BACKEND_PORT := $(or $(SERVER_PORT),8080)
RATE ?= 1000
endif
LOAD ?= ramp

.PHONY: load
load: $(READY) ## Locust against BACKEND_URL, a STAGE's or make run's BACKEND: LOAD=ramp|soak|spike, RATE, MIX
	@mkdir -p .local/load
	@$(find_backend); \
	PYTHONPATH=. RATE=$(RATE) $(BIN)/locust -f locustfiles/$(LOAD).py --headless --only-summary \
	  --host "$${url:-http://localhost:$(BACKEND_PORT)}" \
	  --html .local/load/$(LOAD).html --csv .local/load/$(LOAD)

.PHONY: synth
synth: $(READY) ## the CloudFormation templates of STAGE (dev), in .local/cdk.out, past cdk-nag and cfn-lint
	@rm -rf .local/cdk.out
	@CDK_OUTDIR=.local/cdk.out CDK_CONTEXT_JSON='{"stage": "$(STAGE)"}' $(BIN)/python -m infra.app
	@# W3005: CDK writes dependencies that its references say already.
	@$(BIN)/cfn-lint --ignore-checks W3005 -- .local/cdk.out/*.template.json

.PHONY: rehearse
rehearse: $(READY) ## bootstrap, deploy and redeploy all stacks by cdk, without an AWS account
	@$(BIN)/pytest tests/rehearsal -s

DEPLOY = $(BIN)/python -m infra.deploy $@ --stage '$(STAGE)' --context $(CONTEXT)

.PHONY: deploy
deploy: $(READY) ## bootstrap if need be, deploy all of STAGE (dev), print its URLs; CONTEXT="domain=… hosted_zone=…"
	@$(DEPLOY)

.PHONY: diff
diff: $(READY) ## what a deploy of STAGE (dev) would change
	@$(DEPLOY)

.PHONY: destroy
destroy: $(READY) ## take STAGE down, which has to be named and is not prod
	@$(DEPLOY)

.PHONY: clean
clean: ## remove what make and the tests left behind, but for the counter's data
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
