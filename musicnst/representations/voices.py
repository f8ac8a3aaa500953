"""Two to four voices of any texture as tracks, where a corpus has no bands: what MusAE's mixture is trained on here."""
import numpy as np

from musicnst import errors
from musicnst.representations import tracks

# Tracks of POP909, and those that `from_windows` writes.
MELODY, BRIDGE, PIANO = 'MELODY', 'BRIDGE', 'PIANO'
NAME = 'VOICE %d'


class VoicesConverter(tracks.TracksConverter):
  """NoteSequence <-> windows of K voices, the highest first and the lowest last, 130 K states a step; drums are left out.

  A song with tracks named MELODY and PIANO (POP909) gives the highest note of MELODY first, the lowest of PIANO last, and between them, with K
  of 3 or 4, BRIDGE and the highest note that is left of PIANO. Any other music gives its highest voice and, of the notes left, its lowest; voices
  between are silent.

  Args:
    num_voices: K, 2 to 4.
    **kwargs: see `TracksConverter`.

  Deviation: the paper takes four tracks of bands only; here the first and the last voice must sound.
  """

  name = 'voices'

  def __init__(self, num_voices=2, **kwargs):
    if not 2 <= num_voices <= 4:
      raise errors.ArgumentError(f'num_voices={num_voices} is not between 2 and 4')
    self.num_voices = num_voices
    self.track_names = ('highest', 'inner', 'inner_2')[:num_voices - 1] + ('lowest',)
    self.required = (0, num_voices - 1)
    super().__init__(**kwargs)

  def to_dict(self):
    return {**super().to_dict(), 'num_voices': self.num_voices}

  def groups(self, sequence, notes):
    """See `TracksConverter.groups`: one group."""
    own = {info.name.strip().upper(): info.instrument for info in sequence.instrument_infos}
    found = self.find(notes.select(~notes.is_drum), own)
    if not any(len(v) for v in found) or (not self.continuous and not all(len(found[i]) for i in self.required)):
      raise errors.RejectedSequence('missing_tracks', 'no two voices' if any(len(v) for v in found) else 'no pitched notes')
    return [(found, {})]

  def find(self, notes, named=None):
    """The K voices of pitched `QuantizedNotes`: list of `QuantizedNotes`; `named`: dict of track name -> instrument."""
    return [notes.select(index) for index in self.indices(notes, named)]

  def indices(self, notes, named=None):
    """As `find`, the places of the voices' notes: list of int64 arrays."""
    named, everything = named or {}, np.arange(len(notes))
    if NAME % 1 in named:
      players = [named.get(NAME % (i + 1), -1) for i in range(self.num_voices)]
      return [_voice(notes, everything[notes.instrument == player], False) for player in players]
    if MELODY in named and PIANO in named:
      return self._pop909(notes, everything, named)
    top = _voice(notes, everything, True)
    low = _voice(notes, np.setdiff1d(everything, top), False)
    return [top, *[everything[:0]] * (self.num_voices - 2), low]

  def _pop909(self, notes, everything, named):
    of = lambda name: everything[notes.instrument == named.get(name, -1)]
    low = _voice(notes, of(PIANO), False)
    inner = [_voice(notes, of(BRIDGE), True), _voice(notes, np.setdiff1d(of(PIANO), low), True)]
    return [_voice(notes, of(MELODY), True), *inner[:self.num_voices - 2], low]

  def add_track(self, sequence, index, states):
    """See `TracksConverter.add_track`: an instrument named VOICE 1, 2, ... each."""
    sequence.instrument_infos.add(instrument=index, name=NAME % (index + 1))
    self._add(sequence, states, instrument=index)


def _voice(notes, among, highest):
  """Places of one voice of the notes at the places `among`."""
  return among[tracks.voice(notes.select(among), highest)]
