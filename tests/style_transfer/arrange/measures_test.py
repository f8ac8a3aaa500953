"""Measures of a whole arrangement, counted by hand."""
import numpy as np
import pytest

from musicnst.analysis import score as score_lib
from musicnst.metrics import metric_map
from musicnst.representations import testing
from musicnst.style_transfer.arrange import measures
from musicnst.style_transfer.arrange import piece

FLUTE = 73


def _song(accompaniment):
  """A flute's tune over four bars of a piano: C, F, C, F in whole notes, or what is given in its place."""
  broken = lambda bar: (77, 81, 84, 81) if bar % 2 else (76, 79, 84, 79)
  sequence = testing.sequence([(pitch, 4 * bar + beat, 4 * bar + beat + 1) for bar in range(4) for beat, pitch in enumerate(broken(bar))], qpm=60)
  for note in sequence.notes:
    note.program = FLUTE
  return testing.add(sequence, accompaniment, program=0, instrument=1)


WHOLE = [(pitch, 4 * bar, 4 * bar + 4) for bar in range(4) for pitch in ((48, 52, 55) if bar % 2 == 0 else (41, 53, 57, 60))]


def test_a_copy_keeps_everything():
  content = _song(WHOLE)
  found = measures.of(piece.read(content, 'tempo'), content)
  assert all(found[name] == 1 for name in ('tune_kept', 'chords_kept', 'chords_kept_full', 'form_kept'))
  # Nothing is new, so nothing new is wrong.
  assert not any(found[name] for name in ('wrong_notes', 'rubs', 'low_intervals', 'out_of_range', 'overlaps', 'notes_outside'))
  for name, metric in metric_map.METRIC_MAP.items():
    if metric.before is not None and name not in ('wrong_notes', 'rubs', 'low_intervals'):
      assert found[name] == found[name + '_before'], name


def test_what_is_new_is_measured():
  content = _song(WHOLE)
  # Bar 2 as it was; C in bar 1 under a C sharp that is new; nothing in bar 3; the bass of bar 4 sounds on after the end.
  changed = [note for note in WHOLE if 4 <= note[1] < 8] + [(48, 0, 4), (49, 2, 3), (41, 12, 18)]
  result = _song(changed)
  read = piece.read(content, 'tempo')
  seen = measures.reading(read, score_lib.of(result, read.beat_map).pitched())
  assert sorted(seen.new.pitch.tolist()) == [49]  # 48 and 41 are where they were
  found = metric_map.measure_arrangement(seen)
  assert found['tune_kept'] == 1 and found['wrong_notes'] == 1 and found['rubs'] == 1  # 49 rubs against 48 and the C of the tune
  assert found['notes_outside'] == 1 and found['form_kept'] == 0
  assert found['low_intervals'] == 0 and found['low_intervals_before'] == 0


def test_silence_is_measured():
  content = _song(WHOLE)
  read = piece.read(content, 'tempo')
  found = measures.of(read, testing.sequence([], qpm=60))
  assert found['tune_kept'] == 0 and found['chords_kept'] == 0 and np.isfinite(list(found.values())).all()


def test_the_best_candidate():
  good = {'tune_kept': 1.0, 'chords_kept': .9, 'style_time_pitch': .5, 'style_onset_duration': .7, 'wrong_notes': .02, 'rubs': .1, 'rubs_before': .12,
          'low_intervals': 0.0}
  assert measures.score(good) == pytest.approx(1 + .9 + .6 - .02)
  assert measures.score({**good, 'rubs': .3}) == pytest.approx(1 + .9 + .6 - .02 - .18)
  assert measures.score({**good, 'chords_kept': .5}) < measures.score(good)
