"""Evaluation of models and of transfers."""
