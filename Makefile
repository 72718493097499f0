# What the targets need beside Go is checked, and where possible installed, by .ci/deps.
# All paths are relative, so that the tree may lie under a path with spaces.

GO          ?= go
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
NFPM        ?= github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.41.0
SBOM        ?= github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0
ARCHES      ?= amd64 arm64
FUZZTIME    ?= 30s
# Recordings of each family that make evaluate plays.
EVAL_SEEDS  ?= 4
# Seeds of the stories that make record-families plays, a quarter of an hour each.
RECORD_SEEDS ?= 781 782 783
# Instance-weeks of healthy traffic in which it counts false alarms.
EVAL_WEEKS  ?= 60
# A folder of labelled recordings and its scorer, where there is one beside the tree.
SHARED      ?= ../shared

MAKEFLAGS   += --no-print-directory
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
DEMO        := leak-then-storm

# The steps of test come one after the other, and stop at the first that fails.
.NOTPARALLEL:
.PHONY: build help demo demo-live fleet-demo test deps format vet tidy lint unit check bench microbench fuzz fixtures freeze evaluate mutate calibrate record-families test-beam test-recipes bench-fleet overhead soak gallery package score clean

build: ## build bin/connbox
	@$(GO) build -trimpath -o bin/connbox ./cmd/connbox

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 12

demo: build ## analyse a recorded incident, write its postmortem to out/
	@mkdir -p out
	@bin/connbox analyze fixtures/incidents/$(DEMO).dump.zst
	@bin/connbox report fixtures/incidents/$(DEMO).dump.zst -o html:out/$(DEMO).html -o md:out/$(DEMO).md
	@echo; echo "The postmortem: out/$(DEMO).html and out/$(DEMO).md"

fleet-demo: build ## make a fleet of two nights out of the recorded incidents, and its page in out/fleet
	@$(GO) run ./fixtures/fleet -o out/fleet
	@bin/connbox fleet -q --labels out/fleet/servers.csv -o rows:out/fleet/night-1.rows -o none out/fleet/night-1
	@bin/connbox fleet --labels out/fleet/servers.csv --since out/fleet/night-1.rows --reports out/fleet/reports \
		-o text -o html:out/fleet/fleet.html -o md:out/fleet/fleet.md -o rows:out/fleet/night-2.rows -o parquet:out/fleet/night-2 out/fleet/night-2
	@echo; echo "The page: out/fleet/fleet.html"

demo-live: build ## record a live server with a leaking service for a minute, and analyse it
	@.ci/deps redis-server
	@$(GO) run ./fixtures/leakdemo -connbox bin/connbox -out out

test: deps build format vet tidy lint unit check ## everything a change must pass

deps:
	@.ci/deps redis-server redis-cli chromium zstd node npm

format:
	@files=$$(find . -name '*.go' -not -path './.git/*' -exec gofmt -l {} +); \
	if [ -n "$$files" ]; then printf 'not formatted (gofmt -w):\n%s\n' "$$files" >&2; exit 1; fi

vet: # on a machine of 32 bits, too, whose int is smaller
	@$(GO) vet ./...
	@GOARCH=386 CGO_ENABLED=0 $(GO) vet ./...
	@$(GO) vet -C fixtures/openmetrics .

tidy:
	@$(GO) mod tidy -diff

lint:
	@$(GO) run $(STATICCHECK) ./...

unit:
	@$(GO) test ./... -count=1

check: build
	@bin/connbox check fixtures

bench: ## measure whole processes on large made-up recordings, beside go-redis, zstd and DuckDB (some minutes)
	@.ci/deps zstd node npm
	@$(GO) run ./fixtures/bench

microbench: ## run the benchmarks of single functions
	@$(GO) test ./... -run '^$$' -bench . -benchmem

fuzz: ## fuzz each target for FUZZTIME (30s), two at a time
	@$(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | while read -r package; do \
		$(GO) test "$$package" -list '^Fuzz' | sed -n "s|^Fuzz|$$package Fuzz|p"; \
	done | xargs -P 2 -L 1 .ci/fuzz $(FUZZTIME)

fixtures: ## record fixtures/incidents anew (a quarter of an hour)
	@.ci/deps redis-server redis-cli zstd cc
	@$(GO) run ./fixtures/generate

freeze: ## compare the report of every recording, byte by byte, with those saved before by FREEZE=-save
	@nice $(GO) run ./fixtures/freeze -shared $(SHARED) $(FREEZE)

evaluate: ## mark the analysis on simulated recordings (EVAL_SEEDS of each family), write docs/evaluation.md
	@$(GO) run ./fixtures/evaluate -seeds $(EVAL_SEEDS) -weeks $(EVAL_WEEKS) -o docs/evaluation.md
	@$(GO) run ./fixtures/snapshots -seeds $(EVAL_SEEDS) -first 1 -append docs/evaluation.md

mutate: ## move every number of every sign by a fifth, and list the rows of which no recording notices (some minutes)
	@$(GO) test ./analyze -run 'TestRows$$' -mutate -v -timeout 60m

calibrate: ## fit the confidence anew on other recordings than evaluate's and those in RECORDED, write both calibrations
	@$(GO) run ./fixtures/evaluate -seeds $(EVAL_SEEDS) -first 101 -calibrate analyze/verdict/calibration.json
	@$(GO) run ./fixtures/snapshots -seeds 10 -first 201 -labelled "$(RECORDED)" -o analyze/snapshot/weights.json

record-families: ## record RECORD_SEEDS stories of each family from a real server into RECORDED, for calibrate (an hour)
	@.ci/deps redis-server redis-cli zstd cc
	@for seed in $(RECORD_SEEDS); do \
		$(GO) run ./fixtures/generate -all -seed $$seed -o "$(or $(RECORDED),$(error RECORDED= names a folder outside the tree))"; \
	done

test-beam: ## run the Beam pipeline of fleet/beam on Prism (not in test: 100 modules, some minutes the first time)
	@$(GO) test -C fleet/beam ./... -count=1

bench-fleet: build ## measure connbox fleet on 2,000 made-up recordings, and the Beam pipeline beside it
	@$(GO) build -C fleet/beam -o ../../bin/connbox-beam ./cmd/connbox-beam
	@$(GO) run ./fixtures/fleetbench -connbox bin/connbox -beam bin/connbox-beam

test-recipes: ## hold the manifests of fleet/recipes against the engines' types, and run them (not in test: downloads 40 modules once)
	@$(GO) test -C fleet/recipes ./... -count=1

overhead: build ## measure what the recorder costs a real server, beside nobody and an exporter's habit (some minutes)
	@.ci/deps redis-server
	@$(GO) run ./fixtures/overhead

gallery: build ## write a page for each cause, with screenshots, to out/gallery
	@.ci/deps chromium
	@$(GO) run ./fixtures/gallery -connbox bin/connbox -o out/gallery

soak: build ## put a recorder through faults, kill -9 and stalls at the limit, and check what it recorded (a quarter of an hour)
	@.ci/deps redis-server
	@$(GO) run ./fixtures/soak -connbox bin/connbox -calm 35s
	@$(GO) run ./fixtures/soak -connbox bin/connbox -stalls 10
	@$(GO) run ./fixtures/soak -connbox bin/connbox -kills 200

package: build ## build archives, .deb, .rpm and lists of their parts into out/package, and try the .deb
	@GO="$(GO)" .ci/package $(NFPM) $(SBOM) $(ARCHES)

score: build ## score the analysis on labelled recordings in SHARED, if there are any
	@if [ -f "$(SHARED)/score.py" ]; then \
		python3 "$(SHARED)/score.py" --tool 'bin/connbox analyze -o json' "$(SHARED)/incidents"; \
		$(GO) run ./fixtures/truths "$(SHARED)/cases"; \
	else \
		echo "no labelled recordings in $(SHARED): nothing to score"; \
	fi

clean: ## remove what was built
	@rm -rf bin out
