"""Metrics of a transfer against hand-computed values, the definitions written out in loops, and pretty_midi."""
import numpy as np
import pytest

from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer
from musicnst.representations import testing


def test_transfer_strength_of_the_published_table():
  # Thesis of the CycleGAN's author, jazz <-> classic, sigma 1: shares classified as the source, S_tot 69.7 %.
  jazz = transfer.transfer_strength([.8809], [.8818], [.2062])
  classic = transfer.transfer_strength([.9253], [.9253], [.2071])
  assert (jazz + classic) / 2 == pytest.approx([.697], abs=5e-4)
  np.testing.assert_allclose(transfer.one_way_strength([.9, .5], [.1, .6]), [.8, -.1])


def test_content_change_by_hand():
  source, result = np.zeros([2, 4, 3]), np.zeros([2, 4, 3])
  source[0, 0] = 1          # three cells on
  result[0, 0, 0] = 1       # keeps one, so removes two
  result[0, 1:, 2] = 1      # adds three
  result[1, 0, 0] = 1       # second source empty: one cell counts against one
  change = transfer.content_change(source, result)
  np.testing.assert_allclose(change.added, [1., 1.])
  np.testing.assert_allclose(change.removed, [2 / 3, 0.])
  np.testing.assert_allclose(change.total, [5 / 3, 1.])
  assert transfer.content_change(source[0], source[0]).total == 0
  with pytest.raises(ValueError, match='shapes'):
    transfer.content_change(source, result[:1])


def test_onset_and_frame_change_of_sequences():
  content = testing.sequence([(60, 0, 1), (64, 1, 2)])
  result = testing.sequence([(60, 0, 1), (64, 1, 3), (67, 2, 3)], qpm=60)
  onsets, frames = transfer.onset_change(content, result), transfer.sequence_change(content, result)
  assert (onsets.added, onsets.removed) == (.5, 0.)  # the longer E is the same onset
  assert (frames.added, frames.removed) == (1., 0.)  # eight cells, and another eight


def _published_chroma_similarity(first, second):
  """The definition, through pretty_midi and scipy."""
  import pretty_midi
  import scipy.signal

  def chroma(sequence):
    instrument = pretty_midi.Instrument(0)
    seconds = 60 / sequence.tempos[0].qpm
    instrument.notes = [pretty_midi.Note(127, n.pitch, n.start_time / seconds, n.end_time / seconds)
                        for n in sequence.notes if not n.is_drum]
    return instrument.get_chroma(fs=12)

  pair = [chroma(first), chroma(second)]
  longest = max(c.shape[1] for c in pair)
  pair = [scipy.signal.convolve2d(np.pad(c, [(0, 0), (0, longest - c.shape[1])]), np.ones([1, 24]) / 24)[:, 11::12] for c in pair]
  total, columns = 0., 0
  for a, b in zip(pair[0].T, pair[1].T, strict=True):
    columns += bool(a.any() or b.any())
    total += a @ b / np.linalg.norm(a) / np.linalg.norm(b) if a.any() and b.any() else 0.
  return total / columns


@pytest.mark.parametrize('seed', range(4))
def test_chroma_similarity_equals_the_published_definition(seed):
  first, second = testing.chords(5, seed), testing.chords(3 + seed, seed + 10)
  second.notes.extend(testing.drums(2).notes)
  assert transfer.chroma_similarity(first, second) == pytest.approx(_published_chroma_similarity(first, second), abs=1e-9)


def test_chroma_similarity_limits():
  tune = testing.melody(8)
  faster = testing.sequence([(n.pitch, n.start_time * 2, n.end_time * 2) for n in tune.notes], qpm=190)
  assert transfer.chroma_similarity(tune, tune) == pytest.approx(1.)
  assert transfer.chroma_similarity(tune, faster) == pytest.approx(1.)
  half = testing.sequence([(60, 0, 8)]), testing.sequence([(60, 0, 4)])
  # Beats 0..8 sound on one side (the window reaches one beat further), 0..4 on both.
  assert transfer.chroma_similarity(*half) == pytest.approx(5 / 9)
  assert transfer.chroma_similarity(testing.sequence([]), tune) == 0.
  assert transfer.chroma_similarity(testing.sequence([]), testing.sequence([])) == 0.


def _published_profiles(notes):
  """The three histograms in loops over all pairs, on exact thirds and quarters of beats."""
  from fractions import Fraction
  exact = [(n[0], Fraction(n[1]), Fraction(n[2]), n[3]) for n in notes]
  time_pitch, duration, velocity = np.zeros([24, 41]), np.zeros([24, 12]), np.zeros([24, 7])
  for i, (pitch, start, end, loudness) in enumerate(exact):
    row = int(start % 4 * 6)
    length = (end - start) * 6
    if length <= 12:
      duration[row, min(int(length), 11)] += 1
    if loudness <= 111:
      velocity[row, loudness // 16] += 1
    for j, other in enumerate(exact):
      apart = other[1] - start
      if i != j and 0 <= apart < 4 and abs(other[0] - pitch) <= 20:
        time_pitch[int(apart * 6), other[0] - pitch + 20] += 1
  return {'time_pitch': time_pitch, 'onset_duration': duration, 'onset_velocity': velocity}


@pytest.mark.parametrize('seed', range(3))
def test_style_profiles_equal_the_definition(seed):
  from fractions import Fraction
  random = np.random.default_rng(seed)
  notes = []
  for _ in range(80):
    start = Fraction(int(random.integers(0, 24 * 12)), 24)
    notes.append((int(random.integers(30, 90)), start, start + Fraction(int(random.integers(1, 60)), 24), int(random.integers(1, 128))))
  sequence = testing.sequence([(p, float(s), float(e), v) for p, s, e, v in notes], qpm=87)
  expected, profiles = _published_profiles(notes), transfer.style_profiles(sequence)
  for name, profile in expected.items():
    np.testing.assert_array_equal(profiles[name], profile, err_msg=name)
  both = transfer.style_profiles([sequence, sequence])
  np.testing.assert_array_equal(both['time_pitch'], 2 * expected['time_pitch'])


def test_style_profile_similarity_by_hand():
  quarters = testing.sequence([(60 + i, i, i + .5, 100) for i in range(8)])
  low = testing.sequence([(40 + i, i, i + .5, 10) for i in range(8)])
  near = transfer.style_profile_similarity(quarters, low)
  assert near['time_pitch'] == pytest.approx(1.) and near['onset_duration'] == pytest.approx(1.)
  assert near['onset_velocity'] == 0.
  assert transfer.style_profile_similarity(quarters, testing.sequence([]))['time_pitch'] == 0.
  gain = transfer.style_gain(low, quarters, quarters)
  assert gain['onset_velocity'] == pytest.approx(1.) and gain['time_pitch'] == 0.


def test_skyline():
  content = testing.sequence([(60, 0, 4), (64, 0, 4), (72, .03, 1), (71, 1, 2), (48, 2, 3), (50, 2.125, 3)])
  assert transfer.skyline(content).pitch.tolist() == [72, 71, 48, 50]
  result = testing.sequence([(72, .1, 1), (71, 1.2, 2), (60, 2, 3), (48, 2, 3)])
  assert transfer.skyline_kept(content, result) == .5  # the B comes too late, the D is gone
  assert transfer.skyline_kept(content, content) == 1. and transfer.skyline_kept(testing.sequence([]), result) == 1.
  assert transfer.skyline_kept(content, testing.sequence([])) == 0.


def test_density_key_and_one_step_share():
  scale = testing.sequence([(60 + s, i, i + 1) for i, s in enumerate((0, 4, 7, 2, 5, 9, 11, 12, 4, 7, 0, 0))])
  result = testing.sequence([(60, 0, .25), (61, 1, 1.25), (62, 2, 3), (66, 3, 3.5)])
  assert transfer.key_share(scale, result) == .5
  assert transfer.density_ratio(scale, result) == pytest.approx(4 / 12)
  assert transfer.one_step_share(result) == .5


def test_longest_common_notes_is_found_at_another_pitch_and_place():
  run = [(60, 0, 1), (64, .5, 1), (67, 1, 2), (72, 2.25, 3), (60, 3, 4)]
  style = testing.sequence([(50, 0, 1), *[(p + 5, s + 7, e + 7) for p, s, e in run], (80, 12, 13)])
  result = testing.sequence([*run, (61, 5, 6), (30, 6, 7)])
  common = transfer.longest_common_notes(result, style)
  assert (common.length, common.result_start, common.style_start) == (5, 0., 7.)
  assert common.share == pytest.approx(5 / 7)
  added = notes_lib.of(result, notes=result.notes[3:])
  assert transfer.longest_common_notes(added, style).length == 2
  assert transfer.longest_common_notes(result, testing.sequence([])).length == 0


def test_real_files_against_the_published_definitions(shared):
  """Chroma through pretty_midi and the time x interval histogram through numpy, on performances and scores in seconds of 60 qpm."""
  import note_seq
  root, pieces = shared / 'data', []
  for folder in ('nottingham', 'asap-scores', 'tpd', 'pop909'):
    path = sorted(p for p in (root / folder).rglob('*') if p.suffix.lower() in ('.mid', '.midi'))[3]
    sequence = note_seq.midi_file_to_note_sequence(str(path))
    del sequence.tempos[1:]
    sequence.tempos[0].qpm, sequence.tempos[0].time = 60., 0.
    kept = [n for n in sequence.notes if n.start_time < 60]
    del sequence.notes[:]
    sequence.notes.extend(kept)
    pieces.append(sequence)
  for first in pieces:
    ours = transfer.chroma_similarity(first, pieces[0])
    assert ours == pytest.approx(_published_chroma_similarity(first, pieces[0]), abs=2e-3)
    onsets, pitches = (np.array([getattr(n, name) for n in first.notes]) for name in ('start_time', 'pitch'))
    apart = np.subtract.outer(onsets, onsets)
    later, earlier = np.where((apart >= 0) & (apart < 4 - 1e-9) & ~np.eye(len(onsets), dtype=bool))
    histogram = np.histogram2d(apart[later, earlier], pitches[later] - pitches[earlier],
                               bins=[np.arange(0, 4 + 1 / 6 - 1e-9, 1 / 6), np.arange(-21, 21) + .5])[0]
    ours = transfer.style_profiles(first)['time_pitch']
    # Seconds that ought to lie on the edge of a bin fall to either side of it in floating point.
    cosine = (ours * histogram).sum() / np.linalg.norm(ours) / np.linalg.norm(histogram)
    assert ours.sum() == pytest.approx(histogram.sum(), rel=1e-2) and cosine > .97
