"""The parts of the experiment `musicnst_experiments`."""
