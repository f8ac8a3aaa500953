"""Every representation by name: a factory, called with keyword arguments when one is asked for."""
from musicnst import registry


def _late(module, name):
  return registry.late(f'musicnst.representations.{module}', name)


CONVERTER_MAP = {
    'band': _late('band', 'BandConverter'),
    'binary': _late('binary', 'BinaryConverter'),
    'drums': _late('drums', 'DrumsConverter'),
    'groove': _late('groove', 'GrooveConverter'),
    'melody': _late('melody', 'MelodyConverter'),
    'multitrack': _late('multitrack', 'MultitrackConverter'),
    'polyphonic': _late('pianoroll', 'PolyphonicConverter'),
    'trio': _late('trio', 'TrioConverter'),
    'voices': _late('voices', 'VoicesConverter'),
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
  return _changed(converter, converter.inference_arguments())


def for_pieces(converter):
  """The like of a converter that reads a whole piece as consecutive windows and joins them again; itself, where it does so already.

  Windows for training may slide and overlap; a piece to encode, change and decode must be cut without overlap.
  """
  return _changed(converter, converter.piece_arguments())


def _changed(converter, arguments):
  """The like of a converter, which need not be in the map, with other arguments; itself, where there are none."""
  return type(converter)(**{**converter.to_dict(), **arguments}) if arguments else converter
