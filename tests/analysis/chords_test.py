"""Chords of music written by hand: textures, meters, inversions, silence, size."""
import time

import numpy as np
import pytest

from musicnst import music_proto
from musicnst.analysis import chord_features
from musicnst.analysis import chord_network
from musicnst.analysis import chords
from musicnst.analysis import grid
from musicnst.analysis import qualities
from musicnst.analysis import score

C, AM, F, G7 = (48, 60, 64, 67), (45, 60, 64, 69), (41, 60, 65, 69), (43, 59, 65, 67)


def _of(notes, total, meter=(4, 4), drums=False, instruments=1):
  """Notes as (pitch, start, end) in quarters."""
  sequence = music_proto.NoteSequence(total_time=total)
  sequence.tempos.add(qpm=60)
  sequence.time_signatures.add(numerator=meter[0], denominator=meter[1])
  for i, (pitch, start, end) in enumerate(notes):
    sequence.notes.add(pitch=pitch, velocity=80, start_time=start, end_time=end, is_drum=drums, instrument=i % instruments)
  return score.of(sequence)


def _block(bars, length=4):
  return [(pitch, i * length, (i + 1) * length) for i, bar in enumerate(bars) for pitch in bar]


def _broken(bars, length=4):
  """Bass held, the other three one after the other in eighths."""
  return [note for i, bar in enumerate(bars) for note in [(bar[0], i * length, (i + 1) * length)] + [
      (bar[1 + k % 3], i * length + k / 2, i * length + k / 2 + .5) for k in range(2 * length)]]


def _symbols(found):
  return [segment.symbol for segment in found.segments()]


@pytest.mark.parametrize('texture', [_block, _broken])
def test_a_cadence(texture):
  found = chords.of(_of(texture([C, AM, F, G7, C]), 20))
  assert _symbols(found) == ['C', 'Am', 'F', 'G7', 'C'] and [s.start for s in found.segments()] == [0, 4, 8, 12, 16]
  assert found.root.tolist() == [0] * 4 + [9] * 4 + [5] * 4 + [7] * 4 + [0] * 4 and np.array_equal(found.root, found.bass)
  assert found.tones[4].nonzero()[0].tolist() == [0, 4, 9] and found.certainty.min() > .2


@pytest.mark.parametrize('meter, length, beats', [((3, 4), 3, 3), ((6, 8), 3, 2), ((12, 8), 6, 4), ((5, 4), 5, 5), ((2, 4), 2, 2)])
def test_other_meters(meter, length, beats):
  found = chords.of(_of(_broken([C, AM, F, G7, C], length), 5 * length, meter))
  assert _symbols(found) == ['C', 'Am', 'F', 'G7', 'C'] and [s.first for s in found.segments()] == [0, beats, 2 * beats, 3 * beats, 4 * beats]


def test_moved_music_has_moved_chords():
  bars, total = _broken([C, F, AM, G7] * 4), 64
  at_home = chords.of(_of(bars, total))
  for up in range(1, 12):
    moved = chords.of(_of([(pitch + up, start, end) for pitch, start, end in bars], total))
    assert np.array_equal((at_home.root + up) % 12, moved.root)


def test_inversions_are_heard_in_the_bass():
  found = chords.of(_of(_block([C, (47, 62, 67), (40, 60, 64, 67), F, C]), 20))
  assert _symbols(found) == ['C', 'G/B', 'C/E', 'F', 'C']


def test_no_chord_where_nothing_says_one():
  drums = chords.of(_of([(36, i, i + .1) for i in range(16)], 16, drums=True))
  assert np.all(drums.root == qualities.NONE) and not drums.tones.any() and _symbols(drums) == ['N.C.']
  silent = chords.of(_of(_block([C]) + [(pitch, start + 40, end + 40) for pitch, start, end in _block([C])], 44))
  assert _symbols(silent)[0] == 'C' and np.all(silent.root[12:28] == qualities.NONE) and silent.root[41] == 0
  assert len(chords.of(score.of(music_proto.NoteSequence()))) >= 1


def test_one_note_and_notes_outside_the_bars():
  assert len(chords.of(_of([(60, 0, 1)], 1))) == 4
  sequence = _of(_block([C]), 4)
  early = score.of(music_proto.NoteSequence())
  assert len(chords.of(sequence)) == 4 and len(early) == 0


def test_the_beat_that_a_time_lies_in():
  found = chords.of(_of(_block([C, F]), 8))
  assert found.at([-1, 0, .99, 4, 7.5, 99]).tolist() == [0, 0, 0, 4, 7, 7]


def test_features_by_hand():
  music = _of([(48, 0, 1), (64, .5, 2), (67, 1.95, 3)], 4)
  pitches, places = chord_features.of(music, grid.of(music))
  assert np.allclose(pitches[0, 0, :2] ** 2, [.5, .5]) and np.allclose(pitches[0, 4, :2] ** 2, [0, .5])
  assert pitches[2, 7, 5] == 1 and pitches[2, 7, 6] == 1 and pitches[1, 7, 5] == 0  # an onset just before a beat is on it
  assert np.allclose(pitches[0, 0, 7], 1) and np.allclose(pitches[1, 4, 7], 1)  # the lowest note
  assert places[:, 0].tolist() == [1, 0, 0, 0] and places[3, 9] == 1


def test_segments_cover_the_piece():
  generator = np.random.default_rng(0)
  notes = [(int(generator.integers(40, 80)), t / 4, t / 4 + 1) for t in range(200)]
  found = chords.of(_of(notes, 51)).segments()
  assert found[0].first == 0 and found[-1].end == 52 and all(a.last == b.first and a.end == b.start for a, b in zip(found, found[1:]))
  assert all(a[4:] != b[4:] for a, b in zip(found, found[1:]))


def test_an_hour_of_thirty_instruments_takes_seconds():
  generator = np.random.default_rng(0)
  beats = 7200
  notes = [(int(p), t, t + 1) for t in range(beats) for p in generator.integers(30, 90, 6)]
  music = _of(notes, beats, instruments=30)
  begun = time.process_time()
  found = chords.of(music)
  assert len(found) == beats and time.process_time() - begun < 6


def test_weights_are_small():
  assert sum(value.size for value in chord_network.weights().values()) < 50_000
