"""Composer and genre classifiers."""
