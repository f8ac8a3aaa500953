"""Experiments after papers: a folder for each paper."""
