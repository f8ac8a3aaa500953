"""The transfer benchmark: pieces, judges, measures, tables and figures of `experiments/transfer_benchmark.py`."""
