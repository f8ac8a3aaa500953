"""Corpora: one file each, a frozen description with its files, labels, licence and citation; see `corpus_map`."""
