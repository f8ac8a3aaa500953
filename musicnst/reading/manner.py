"""How files are read: what is right and forgiving by default, as note_seq does or strictly on request; and what was mended."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Manner:
  """How a file is read.

  Args:
    strict: refuse damaged files, which are otherwise read as far as they go. ABC, MusicXML and piano rolls are always read so.
    like_note_seq: MIDI exactly as note_seq (mido, pretty_midi) reads it, strict, where it is wrong too.
  """

  strict: bool = False
  like_note_seq: bool = False


class Mended(typing.NamedTuple):
  """Something that was wrong with a file and read all the same: a snake_case name for counting, and a few words."""

  reason: str
  detail: str


def described(mended: typing.Iterable[Mended]) -> str:
  """A list of Mended in words: 'cut short, 2 data bytes above 127 clipped'."""
  return ', '.join(each.detail for each in mended)
