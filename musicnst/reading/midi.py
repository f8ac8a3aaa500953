"""MIDI files (.mid, .midi, .kar) as `NoteSequence`, equal to note_seq's own."""
from musicnst.reading import guards
from musicnst.reading import midi_fallback


def read(path, limits=guards.Limits()):
  """Reads a MIDI file.

  Args:
    path: the file.
    limits: `guards.Limits`.

  Returns:
    `NoteSequence`, equal to `note_seq.midi_file_to_note_sequence(path)`.

  Raises:
    ReadError: what is wrong, named.
  """
  return read_bytes(guards.read_file(path, limits), path, limits)


def read_bytes(data, name, limits=guards.Limits()):
  """As `read`, from the contents of a file; `name` stands in messages."""
  return midi_fallback.read_bytes(data, name, limits)
