"""How files are read: what is right and forgiving by default, as note_seq does or strictly on request; and what was mended.

Whoever reads files (a verb, a batch job) says so once, and is told what was mended, however deep the reading is done:

  with manner.using(manner.Manner(strict=True)) as mended:
    sequences = files.read(path)
"""
from collections.abc import Iterator
import contextlib
import contextvars
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


_current: contextvars.ContextVar[tuple[Manner, list[Mended]] | None] = contextvars.ContextVar('reading', default=None)


@contextlib.contextmanager
def using(manner: Manner | None = None) -> Iterator[list[Mended]]:
  """Files that are read inside are read in this manner (None: right and forgiving); gives the list that fills with what was mended."""
  mended: list[Mended] = []
  token = _current.set((manner or Manner(), mended))
  try:
    yield mended
  finally:
    _current.reset(token)


def current() -> tuple[Manner, list[Mended]]:
  """(the manner, the list that what is mended goes to) of the innermost `using`; outside of any, the default and a list for nobody."""
  return _current.get() or (Manner(), [])


def described(mended: typing.Iterable[Mended]) -> str:
  """A list of Mended in words: 'cut short, 2 data bytes above 127 clipped'."""
  return ', '.join(each.detail for each in mended)
