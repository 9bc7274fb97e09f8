# Everything here needs Go alone: the tools are pinned in go.mod and built on first use.

.DEFAULT_GOAL := build

.PHONY: build
build: ## the plugin, into bin
	go build -o bin/ .

# The packages that take longest begin first, so that nothing waits for them at the end.
LONGEST := ./test/queries/dbt ./test/queries ./test/e2e ./test/matrix ./test/random ./test/reading

.PHONY: test
test: ## all tests, then those of goroutines with the race detector
	go test -timeout 20m $(LONGEST) ./...
	@$(MAKE) --no-print-directory race

RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

# The race detector makes whole syncs four to six times slower, and SQLite thirteen times: it gets what starts goroutines, and a sample of the rest.
.PHONY: race
race: ## what starts goroutines, with the race detector: packages of the plugin, 200 random schedules and some of each unkind world, every sixth cell of the matrix
	@test -n "$(RACE)" || echo "no C compiler, which the race detector needs: not run"
	@test -z "$(RACE)" || go test -race -short -timeout 20m ./test/random ./test/matrix ./client/... ./resources/...

.PHONY: test-race
test-race: ## everything with the race detector, some twenty minutes: before a release
	go test -race -timeout 60m ./...

.PHONY: lint
lint: ## vet, staticcheck, formatting
	go vet ./...
	go tool staticcheck ./...
	@test -z "$$(go tool gofumpt -l .)" || { echo "not formatted (run make fmt):"; go tool gofumpt -l .; exit 1; }

.PHONY: fmt
fmt:
	go tool gofumpt -w .

.PHONY: gen
gen: ## JSON schema of the spec, docs of the tables, NOTICE
	go generate ./...

.PHONY: faults
faults: ## docs/faults.md, which make test holds to what it finds: the fault matrix takes a minute, so make gen leaves it alone
	go test -run '^TestFaultMatrix$$' -update ./test/matrix

# On a fresh machine compiling is what takes the time: programs that run together are built together, and all with the same flags.
.PHONY: demo
demo: ## a whole sync against a stand-in for Clari, into out/demo.sqlite
	go build -o bin/clari-try ./test/try
	bin/clari-try demo

.PHONY: plan
plan: ## SPEC=my.yml: what a sync with your own spec would export, and what it would cost
	@go run . plan $(SPEC)

.PHONY: sync
sync: ## SPEC=my.yml: a sync with your own spec, into out/clari.sqlite
	go build -o bin/clari-try ./test/try
	bin/clari-try sync --db out/clari.sqlite $(SPEC)

.PHONY: bench
bench: ## NOTE="what else ran": measures this machine for some seven minutes, and writes docs/performance.md
	@mkdir -p out
	go test -run '^$$' -bench '^Benchmark(Decode|Bytes)' -benchtime 1x -count 3 -timeout 60m ./test/bench | tee out/bench.txt
	go test -run '^$$' -bench . -skip '^Benchmark(Decode|Bytes)' -benchtime 1x -timeout 60m ./test/bench | tee -a out/bench.txt
	go run ./test/bench/report -note "$(NOTE)" out/bench.txt

.PHONY: release
release: ## VERSION=v0.1.0: archives for every platform, SBOMs and checksums, into dist/release
	go run ./test/release archives $(VERSION)

.PHONY: package
package: ## VERSION=v0.1.0: what `cloudquery plugin publish` takes, into dist/package
	go run ./test/release package $(VERSION)

.PHONY: fuzz
fuzz: ## 30 s of fuzzing for each target
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
		for name in $$(grep -hoE '^func Fuzz[A-Za-z0-9]+' $$target/*_test.go | sed 's/func //'); do \
			go test -run '^$$' -fuzz "^$$name$$" -fuzztime 30s -fuzzminimizetime 10x $$target || exit 1; \
		done; \
	done
