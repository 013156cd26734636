# asicae: `make demo` runs the main job, `make test` the tests, `make quick` those that build and
# train nothing; each makes .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := train,sim,asic,data,hls,qonnx,layout,registers,search,dev

.PHONY: setup demo test quick lint clean campaign-exactness campaign-fuzz campaign-corruption campaign-io campaign-speed campaign-same campaign-kills campaign-silicon campaign-fast campaign-physics campaign-upsets campaign-transients campaign-formal campaign-mutation campaign-verification campaign-i2c campaign-regression campaign-coverage campaign-coder campaign-hybrid campaign-search campaign-sensitivity golden-metrics \
	matrix-one-convolution matrix-other-shapes

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

demo: setup
	$(BIN)/asicae run build/demo --settings demo.toml --ahead
	@echo "open build/demo/report.html"

# A process a core; what shares a fixture of its module stays in one.
PARALLEL = $(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder

# WHOLE=--whole: those too that tests/whole.toml keeps for a whole run.
test: setup
	$(PARALLEL) $(WHOLE)

quick: setup
	$(PARALLEL) --quick

# Two halves of about the same length, side by side.
MATRIX = $(BIN)/python -m pytest tests/conformance/ops
ONE_CONVOLUTION = TestSame or TestValid or TestBottomRight or TestAsymmetric or TestThreeChannels

campaign-exactness: setup
	$(MAKE) -j2 matrix-one-convolution matrix-other-shapes
	$(BIN)/python -m asicae.campaigns.engines --out docs/results/engines.json

matrix-one-convolution: setup
	$(MATRIX) -k "$(ONE_CONVOLUTION)" --campaign=docs/results/exactness_one_convolution.json

matrix-other-shapes: setup
	$(MATRIX) -k "not ($(ONE_CONVOLUTION) or TestGain)" --campaign=docs/results/exactness_other_shapes.json

campaign-fuzz: setup
	$(BIN)/python -m asicae.campaigns.damaged_models --fixtures tests/fixtures \
		--count 5000 --seed 1 --out docs/results/fuzz.json

campaign-corruption: setup
	$(BIN)/python -m asicae.campaigns.corruption --fixtures tests/fixtures \
		--count 5000 --seed 1 --out docs/results/corruption.json

campaign-kills: setup
	$(BIN)/python -m asicae.campaigns.kills --fixtures tests/fixtures \
		--library tests/support/kill_at.cpp --count 100 --seed 1 --out docs/results/kills.json
	$(BIN)/python -m asicae.campaigns.kills --fixtures tests/fixtures \
		--library tests/support/kill_at.cpp --copies run --out docs/results/kills_of_a_run.json
	$(PARALLEL) --every-state tests/campaigns/test_kills.py tests/campaigns/test_kill_copies.py

# Every named microarchitecture: a million events in RTL, netlist, area, energy, timing; then the
# encoders of Hybrid Choice.
campaign-silicon: setup
	$(BIN)/python -m asicae.campaigns.silicon --out docs/results/silicon.json
	$(MAKE) campaign-hybrid

# The encoder of Adaptive Choice by number of links: a million events in RTL, netlist, area, timing.
campaign-coder: setup
	$(BIN)/python -m asicae.campaigns.coder --out docs/results/coder.json

# The encoder of Hybrid Choice in every microarchitecture, beside econ-t: a million events in RTL,
# netlist, area, energy, timing; `--rows NAME` measures a row, or one that a stop left out. They
# stand on the page of silicon too.
campaign-hybrid: setup
	$(BIN)/python -m asicae.campaigns.hybrid --out docs/results/hybrid.json
	$(BIN)/python -m asicae.campaigns.silicon --rows none --out docs/results/silicon.json

# The fast model of `asicae scan --fast`: about twenty minutes of processor time, goes on after a kill.
campaign-fast: setup
	$(BIN)/python -m asicae.campaigns.fast_model --out docs/results/fast_model.json

# `asicae search`, 40 trials by two workers, which are killed in between, as the client is; the
# first ones once more by one worker without kills.
campaign-search: setup
	$(BIN)/python -m asicae.campaigns.search --work build/search --trials 40 --seed 1 \
		--out docs/results/search.json

# Which bits of trained weights an upset should not reach: econ-t for two links, each bit turned over.
campaign-sensitivity: setup
	$(BIN)/python -m asicae.campaigns.sensitivity --out docs/results/sensitivity.json

# All codes by regime, Hybrid Choice among them, 5 seeds, on the mixture and two classes of modules; gone on with if stopped.
campaign-physics: setup
	$(BIN)/python -m asicae.campaigns.physics --runs build/physics --out docs/results/physics.json

# A million upsets over every flip-flop of econ-t, in step with a clean twin: ten minutes.
campaign-upsets: setup
	$(BIN)/python -m asicae.campaigns.upsets --rounds 7 --seed 1 --out docs/results/upsets.json

# Every net of control of econ-t, mapped, in step with a clean chip: half an hour.
campaign-transients: setup
	$(BIN)/python -m asicae.campaigns.transients --network econ-t --seed 1 \
		--out docs/results/transients.json

# Blocks and control over all inputs, with mutations that must be refuted: some minutes.
campaign-formal: setup
	$(BIN)/python -m asicae.campaigns.formal --out docs/results/formal.json

# All tests, tests/whole.toml too: what became of each goal of the testplan, and how long the tests
# took, by which they are ordered: 40 minutes.
campaign-verification: setup
	$(PARALLEL) --whole --goals=docs/results/verification.json --durations-out=tests/durations.json

# Three mistakes in each file, until something finds them: half an hour of processor time, gone on with if
# stopped; an hour and a half with --each 9, hours with 0, for all.
campaign-mutation: setup
	$(BIN)/python -m asicae.campaigns.mutation --each 3 --seed 1 --out docs/results/mutation.json

# Random transfers of an I2C host of its own with the chip's control, and mistakes it must find: minutes.
campaign-i2c: setup
	$(BIN)/python -m asicae.campaigns.i2c --transfers 10000 --seed 1 --out docs/results/i2c.json

# What the benches run of the hand-written Verilog, and reach of a description: some minutes.
campaign-coverage: setup
	$(BIN)/python -m asicae.campaigns.coverage --seed 1 --out docs/results/coverage.json

# Ten million events through the RTL of all chips, mostly a matter of building them: half an hour of
# processor time; gone on with if stopped.
campaign-regression: setup
	$(BIN)/python -m asicae.campaigns.regression --out docs/results/regression.json

# What areas and energies the tests demand; after a change that means to move them.
golden-metrics: setup
	$(BIN)/python -m asicae.campaigns.golden_metrics

campaign-io: setup
	$(BIN)/python -m asicae.campaigns.large_files --gigabytes 20 --seed 1 --out docs/results/io.json

# On a machine that does nothing else: speeds beside those of a baseline in the same run.
campaign-speed: setup
	$(BIN)/python -m benchmarks.engines --out docs/results/engines_speed.json
	$(BIN)/python -m benchmarks.concentrator --out docs/results/concentrator_speed.json
	$(BIN)/python -m benchmarks.readers --out docs/results/readers_speed.json
	$(BIN)/python -m benchmarks.source --out docs/results/source_speed.json

# What a change of structure must leave as it is: make campaign-same REVISION=HEAD~1
campaign-same: setup
	$(BIN)/python -m asicae.campaigns.same_bytes $(REVISION) --settings tests/fixtures/short_run.json

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
