"""Figures that experiments draw, kept so that tests can look into them."""
import matplotlib
import pytest


@pytest.fixture
def figures(monkeypatch):
  """Matplotlib's figures in the order in which they are closed."""
  matplotlib.use('Agg')
  from matplotlib import pyplot
  kept, close = [], pyplot.close
  monkeypatch.setattr(pyplot, 'close', kept.append)
  yield kept
  for figure in kept:
    close(figure)
