"""The slow reader of MIDI: note_seq itself, behind the same limits.

Used where numba cannot be imported or compile (no wheel for the platform), and as the truth in tests. pretty_midi, which
note_seq reads with, makes an array with one entry for every tick of the piece; a damaged delta time would make it gigabytes
long, so the ticks are summed with mido before pretty_midi sees them.
"""
import io
import warnings

from musicnst import errors
from musicnst.reading import guards

_MAX_TICKS = 50_000_000  # pretty_midi's array of seconds by tick then takes 400 MB


def read_bytes(data, name, limits=None):
  """As `midi.read_bytes`, by note_seq.

  Raises:
    ReadError: `corrupt_midi` for whatever mido, pretty_midi or note_seq refuse, and the limits' own reasons.
  """
  import mido
  from note_seq import midi_io
  import pretty_midi
  limits = limits or guards.Limits()
  guards.check_size(name, len(data), limits)
  try:
    parsed = mido.MidiFile(file=io.BytesIO(data))
  except Exception as error:  # mido raises whatever its decoding meets: KeyError, IndexError, EOFError, OSError ...
    raise errors.ReadError(name, 'corrupt_midi', f'not a readable MIDI file ({type(error).__name__}: {error}).') from error
  ticks = max((sum(event.time for event in track) for track in parsed.tracks), default=0)
  guards.check_at_most(name, 'huge_delta_time', 'ticks', ticks, _MAX_TICKS)
  try:
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      sequence = midi_io.midi_to_note_sequence(pretty_midi.PrettyMIDI(mido_object=parsed))
  except Exception as error:  # as above, from pretty_midi
    raise errors.ReadError(name, 'corrupt_midi', f'not a readable MIDI file ({type(error).__name__}: {error}).') from error
  guards.check_at_most(name, 'too_many_notes', 'notes', len(sequence.notes), limits.max_notes)
  guards.check_at_most(name, 'too_long', 'seconds', sequence.total_time, limits.max_total_secs)
  return sequence
