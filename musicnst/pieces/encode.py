"""Writes the shipped pieces from their scores: `python -m musicnst.pieces.encode` (a second).

The MIDI files beside this one are what it writes; a test compares them.
"""
import importlib
import pkgutil

from musicnst import pieces
from musicnst.pieces import notation
from musicnst.pieces import scores
from musicnst.rendering import midi


def scored():
  """dict of name -> Piece, in order of names."""
  modules = sorted(module.name for module in pkgutil.iter_modules(scores.__path__))
  return {name: importlib.import_module(f'musicnst.pieces.scores.{name}').PIECE for name in modules}


def run(folder=pieces.FOLDER):
  """Writes every piece into a folder as `<name>.mid`; returns their paths."""
  paths = []
  for name, piece in scored().items():
    paths.append(folder / f'{name}.mid')
    midi.write(notation.to_sequence(piece), paths[-1])
  return paths


if __name__ == '__main__':
  for written in run():
    print(written)
