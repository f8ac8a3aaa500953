# make demo   restyles one shipped piece after another and says where the result is
# make test   the tests      make test-fast   without those that train      make lint   ruff, mypy      make docs   the API pages
# make bench  speed and memory, as ratios
# The first of them makes a virtual environment in $(VENV) and installs the package into it, once.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN = $(VENV)/bin
CONTENT ?= musicnst/pieces/ode_to_joy.mid
STYLE ?= musicnst/pieces/maple_leaf_rag.mid
# Two processes: a test that trains takes up to 3 GiB.
TEST_JOBS ?= -n 2 --dist worksteal

.PHONY: demo test test-fast lint bench docs clean

demo: $(VENV)/.installed
	@$(BIN)/musicnst transfer --content=$(CONTENT) --style=$(STYLE) --output=demo/result.mid --report_dir=demo/report
	@echo "restyled MIDI: $(CURDIR)/demo/result.mid"
	@echo "sound (WAV):   $(CURDIR)/demo/report/result.wav"
	@echo "report:        $(CURDIR)/demo/report/result.html"

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(TEST_JOBS) $(PYTEST_ARGS)

test-fast: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(TEST_JOBS) -m 'not slow' $(PYTEST_ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy

# These measure on real music, in $(MUSICNST_SHARED)/data.
DATA_BENCH = abc_reading beat_concentration metrics midi_reading near_duplicates

bench: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@for job in benchmarks/*.py; do \
	  name=$$(basename $$job .py); echo "== $$name"; \
	  case " $(DATA_BENCH) " in *" $$name "*) \
	    [ -d "$$MUSICNST_SHARED/data" ] || { echo "skipped: set MUSICNST_SHARED to a folder whose data/ holds the corpora"; continue; };; \
	  esac; \
	  $(BIN)/python $$job || exit 1; \
	done

docs: $(VENV)/.installed-docs
	$(BIN)/python docs/build_api.py

clean:
	rm -rf $(VENV) build dist demo docs/api *.egg-info

$(VENV)/.installed: setup.py pyproject.toml
	@echo "making $(VENV) and installing musicnst with TensorFlow into it (once; some minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "musicnst needs Python 3.11 or later; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@
