"""Every representation by name: a class, built with keyword arguments when asked for."""
from musicnst import registry
from musicnst.representations import band
from musicnst.representations import binary
from musicnst.representations import drums
from musicnst.representations import groove
from musicnst.representations import melody
from musicnst.representations import multitrack
from musicnst.representations import pianoroll
from musicnst.representations import trio
from musicnst.representations import voices

CONVERTER_MAP = {
    'band': band.BandConverter,
    'binary': binary.BinaryConverter,
    'drums': drums.DrumsConverter,
    'groove': groove.GrooveConverter,
    'melody': melody.MelodyConverter,
    'multitrack': multitrack.MultitrackConverter,
    'polyphonic': pianoroll.PolyphonicConverter,
    'trio': trio.TrioConverter,
    'voices': voices.VoicesConverter,
}


def build(name, **arguments):
  """The converter of that name; `build(c.name, **c.to_dict())` is an equal one.

  Raises:
    UnknownNameError: no such representation.
    TypeError: an argument it does not take.
  """
  return registry.lookup(CONVERTER_MAP, name, 'representation')(**arguments)


def for_inference(converter):
  """The like of a converter of training data that reads and writes for a trained model; mostly itself."""
  arguments = converter.inference_arguments()
  return build(converter.name, **{**converter.to_dict(), **arguments}) if arguments else converter


def for_pieces(converter):
  """The like of a converter that reads a whole piece as consecutive windows and joins them again; itself, where it does so already.

  Windows for training may slide and overlap; a piece to encode, change and decode must be cut without overlap.
  """
  arguments = converter.piece_arguments()
  return build(converter.name, **{**converter.to_dict(), **arguments}) if arguments else converter
