"""Public-domain pieces that ship with musicnst, encoded by ourselves: see README.md in this folder."""
import pathlib

FOLDER = pathlib.Path(__file__).parent


def names():
  """Names of the shipped pieces, in order."""
  return sorted(path.stem for path in FOLDER.glob('*.mid'))


def path(name):
  """The MIDI file of a piece, as a pathlib.Path."""
  return FOLDER / f'{name}.mid'
