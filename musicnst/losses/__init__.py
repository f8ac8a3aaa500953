"""Losses: pure functions, one value an example."""
