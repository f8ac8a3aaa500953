"""Keras layers shared by the model families."""
