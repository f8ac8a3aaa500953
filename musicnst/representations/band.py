"""A band as four tracks: drums, bass, guitar or piano, strings (MusAE, Valenti et al. 2020, section 4.1)."""
import itertools

import numpy as np

from musicnst import errors
from musicnst.representations import tracks

BASS_PROGRAMS, GUITAR_PROGRAMS = range(32, 40), range(32)
# Instrument and program written back, by track.
_WRITTEN = ((9, 0), (1, 33), (0, 25), (2, 48))


class BandConverter(tracks.TracksConverter):
  """NoteSequence <-> windows of drums, bass (programs 32-39), guitar or piano (0-31) and strings (all others merged), 520 states a step.

  Every combination of one drums, one bass and one guitar gives windows; of what sounds at once in a track the lowest note is kept.

  Args:
    required_tracks: tracks that must sound, of drums, bass, guitar, strings in this order. Defaults to all 4, the paper's; 3 lets the strings be
      silent.
    **kwargs: see `TracksConverter`.
  """

  name = 'band'
  track_names = ('drums', 'bass', 'guitar', 'strings')
  drum_tracks = (0,)

  def __init__(self, required_tracks=4, **kwargs):
    super().__init__(**kwargs)
    self.required_tracks = required_tracks
    self.required = tuple(range(required_tracks))

  def to_dict(self):
    return {**super().to_dict(), 'required_tracks': self.required_tracks}

  def groups(self, sequence, notes):
    """See `TracksConverter.groups`."""
    parts = {kind: [] for kind in self.track_names}
    kinds = np.array([_kind(*row) for row in zip(notes.is_drum.tolist(), notes.program.tolist())])
    for kind in self.track_names[:3]:
      chosen = kinds == kind
      for player in sorted(set(zip(notes.instrument[chosen].tolist(), notes.program[chosen].tolist()))):
        own = notes.select(chosen & (notes.instrument == player[0]) & (notes.program == player[1]))
        parts[kind].append((f'{player[0]}', own.select(tracks.voice(own))))
    rest = notes.select(kinds == 'strings')
    parts['strings'].append(('', rest.select(tracks.voice(rest))))
    missing = [kind for kind in self.track_names if not any(len(own) for _, own in parts[kind])]
    if len(missing) == 4 or (not self.continuous and set(missing) & {self.track_names[i] for i in self.required}):
      raise errors.RejectedSequence('missing_tracks', f'no {", no ".join(missing)}')
    nothing = [('', notes.select(np.zeros(len(notes), bool)))]
    return [([own for _, own in group], {'instruments': ' '.join(name for name, _ in group).strip()})
            for group in itertools.product(*(parts[kind] or nothing for kind in self.track_names))]

  def add_track(self, sequence, index, states):
    """See `TracksConverter.add_track`: drums on instrument 9, electric bass, steel guitar, a string ensemble."""
    instrument, program = _WRITTEN[index]
    self._add(sequence, states, instrument=instrument, program=program, is_drum=index in self.drum_tracks)


def _kind(is_drum, program):
  return 'drums' if is_drum else 'bass' if program in BASS_PROGRAMS else 'guitar' if program in GUITAR_PROGRAMS else 'strings'
