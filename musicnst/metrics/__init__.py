"""Metrics: pure numpy on sequences and rolls."""
