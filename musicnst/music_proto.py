"""note_seq's `NoteSequence` message without the rest of note_seq.

`import note_seq` loads pretty_midi, librosa and pydub (about a second, and a warning about ffmpeg); its generated message
module needs none of them. It is loaded from its file and put where note_seq itself will find it, so that both share one class.
"""
import importlib.util
import os
import sys
import types
import typing

_NAME = 'note_seq.protobuf.music_pb2'


def _load() -> types.ModuleType:
  if _NAME in sys.modules:
    return sys.modules[_NAME]
  package = importlib.util.find_spec('note_seq')
  if package is None:
    raise ModuleNotFoundError('musicnst needs note-seq; pip install note-seq==0.0.5')
  path = os.path.join(os.path.dirname(package.origin), 'protobuf', 'music_pb2.py')
  spec = importlib.util.spec_from_file_location(_NAME, path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


music_pb2 = _load()
if typing.TYPE_CHECKING:
  from note_seq.protobuf.music_pb2 import NoteSequence
else:
  NoteSequence = music_pb2.NoteSequence
