"""Accompaniment moved to other chords, mended."""
