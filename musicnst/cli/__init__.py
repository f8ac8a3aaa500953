"""Verbs: one file each; musicnst/__main__.py dispatches."""
