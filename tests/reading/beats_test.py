"""Beat estimation on music whose beats are known, and the decision between tempo map and estimate."""
import numpy as np
import pytest

from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import beats
from musicnst.reading import musical_time
from musicnst.reading import onsets
from musicnst.reading import pulse


def tune(count=64, seed=0):
  """(onsets, lengths, pitches, velocities) in quarters: a melody of mixed values over a bass note each beat, accented every fourth."""
  generator = np.random.default_rng(seed)
  rows, at = [], 0.0
  while at < count:
    figure = [[1], [0.5, 0.5], [0.5, 0.25, 0.25], [0.25] * 4, [0.75, 0.25]][generator.integers(5)]
    for length in figure:
      rows.append((at, length, int(generator.integers(62, 80)), 70))
      at += length
  for beat in range(count):
    rows.append((beat, 2.0 if beat % 4 == 0 else 1.0, 45 if beat % 4 == 0 else 52, 90 if beat % 4 == 0 else 70))
  return rows


def played(rows, beat_times):
  """The rows as a sequence whose beats fall at the given seconds."""
  beat_map = beat_map_lib.BeatMap(beat_times, np.arange(len(beat_times)))
  sequence = music_proto.NoteSequence()
  for at, length, pitch, velocity in rows:
    start, end = beat_map.to_seconds([at, at + length])
    sequence.notes.add(pitch=pitch, velocity=velocity, start_time=start, end_time=end)
  sequence.total_time = max(note.end_time for note in sequence.notes)
  return sequence


def curve(count, period=0.6, swing=0.0, seed=0):
  """Seconds of beats whose tempo goes up and down by `swing` over 16 beats."""
  phase = np.random.default_rng(seed).uniform(0, 2 * np.pi)
  periods = period * np.exp(swing * np.sin(2 * np.pi * np.arange(count) / 16 + phase))
  return 0.37 + np.concatenate([[0], np.cumsum(periods)])


def share_found(beat_map, truth, tolerance=0.07):
  near = beat_map.to_beats(truth[2:-2]) % 1.0
  period = np.gradient(beat_map.to_seconds(np.arange(0, beat_map.to_beats(truth[-1]) + 2))).mean()
  return np.mean(np.minimum(near, 1 - near) * period <= tolerance)


@pytest.mark.parametrize('period', [0.55, 0.7, 0.95])
@pytest.mark.parametrize('swing', [0.0, 0.15])
def test_beats_are_found_through_changes_of_tempo(period, swing):
  truth = curve(66, period, swing)
  beat_map = beats.estimate(played(tune(), truth))
  assert share_found(beat_map, truth) > 0.9
  passed = beat_map.to_beats(truth[-3]) - beat_map.to_beats(truth[2])
  assert passed == pytest.approx(len(truth) - 5, abs=2)


def test_a_steady_piece_gets_a_steady_grid_and_its_bars():
  truth = curve(66)
  beat_map = beats.estimate(played(tune(), truth))
  np.testing.assert_allclose(np.diff(beat_map.seconds), 0.6, atol=0.02)
  places = beat_map.to_beats(truth[:64:4]) % 4
  assert np.all(np.minimum(places, 4 - places) < 0.1)


def test_the_estimate_covers_the_piece_from_second_0():
  truth = curve(66) + 3.0
  beat_map = beats.estimate(played(tune(), truth))
  # The first beat, at 3.37 s, begins a bar; 3.37 / .6 = 5.6 beats fit before it, so that it is the eighth and second 0 has 8 - 5.6.
  np.testing.assert_allclose(beat_map.to_beats(truth), 8 + np.arange(67), atol=.05)
  assert beat_map.to_beats(0.0) == pytest.approx(8 - 3.37 / .6, abs=.05)


def test_a_long_silence_is_bridged():
  first, second = played(tune(24), curve(26)), played(tune(24, seed=1), curve(26) + 60)
  first.notes.extend(second.notes)
  beat_map = beats.estimate(first)
  assert share_found(beat_map, curve(26)) > 0.9
  assert np.all(np.diff(beat_map.beats) > 0)


@pytest.mark.parametrize('starts, qpm', [
    ([], 120), ([1.0], 120), ([1.0, 2.0], 120), ([0.0] * 10, 120), ([0.0, 0.001, 0.002, 0.003], 120),  # no beats: the sequence's own tempo
    ([0.0, 500.0, 1000.0, 1500.0], 240)])  # gaps without an onset are bridged as fast as beats may be
def test_too_little_music_still_gives_a_map(starts, qpm):
  sequence = music_proto.NoteSequence()
  for start in starts:
    sequence.notes.add(pitch=60, velocity=80, start_time=start, end_time=start + 0.5)
  beat_map = beats.estimate(sequence)
  np.testing.assert_allclose(beat_map.to_beats([0.0, 1.0, 2000.0]), np.array([0.0, 1.0, 2000.0]) * qpm / 60)


def test_noise_gives_a_map():
  generator = np.random.default_rng(0)
  sequence = music_proto.NoteSequence()
  for start in generator.uniform(0, 60, 900):
    sequence.notes.add(pitch=int(generator.integers(30, 90)), velocity=int(generator.integers(1, 128)), start_time=start, end_time=start + 0.3)
  beat_map = beats.estimate(sequence)
  # Quarters at speeds that are tracked, from the first onset to the last.
  periods = np.diff(beat_map.seconds) / np.diff(beat_map.beats)
  assert beats.FASTEST_SECS < periods.min() and periods.max() < beats.SLOWEST_SECS
  assert beat_map.seconds[0] < 1 and 59 < beat_map.seconds[-1] < 61


def test_refinement_finds_the_exact_beats():
  truth = curve(40, swing=0.1)
  times, weights = onsets.events(played(tune(38), truth))
  wrong = truth + np.random.default_rng(0).normal(0, 0.015, len(truth))
  np.testing.assert_allclose(beats.refine(wrong, times, weights)[1:37], truth[1:37], atol=0.004)


def test_events_gather_chords():
  sequence = music_proto.NoteSequence()
  for start, pitch in ((1.0, 60), (1.02, 64), (1.03, 40), (2.0, 60)):
    sequence.notes.add(pitch=pitch, velocity=80, start_time=start, end_time=start + 1)
  times, weights = onsets.events(sequence)
  assert len(times) == 2 and 1.0 < times[0] < 1.03 and times[1] == 2.0
  assert weights[0] > weights[1] and np.mean(weights) == pytest.approx(1)


def test_concentration_of_phases():
  generator = np.random.default_rng(0)
  assert pulse.concentration(generator.uniform(0, 100, 2000)) < 0.05
  assert pulse.concentration(np.arange(100) / 4) == pytest.approx(1 - 0.15)
  swung = np.concatenate([np.arange(200), np.arange(200) + 0.62]) + generator.normal(0, 0.04, 400)
  assert pulse.concentration(swung) > pulse.CONCENTRATION
  assert pulse.concentration([]) == 0


def swung_jazz(qpm, seed=0):
  """Swung eighths by hand: off beats at .62, everything off by 4 % of a beat."""
  generator = np.random.default_rng(seed)
  at = np.sort(np.concatenate([np.arange(100), np.arange(100) + 0.62]))
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(time=0, qpm=qpm)
  for start in np.maximum(at + generator.normal(0, 0.04, len(at)), 0) * 60 / qpm:
    sequence.notes.add(pitch=60, velocity=80, start_time=start, end_time=start + 0.2)
  sequence.total_time = 100 * 60 / qpm
  return sequence


def test_auto_keeps_the_tempo_map_of_swung_jazz():
  beat_map, source = musical_time.choose(swung_jazz(170))
  assert source == 'tempo'
  assert abs(beat_map.to_beats(30.0) - 85.0) < 0.15


def test_auto_moves_a_right_tempo_onto_the_beat():
  truth = 0.37 + 0.6 * np.arange(66)
  sequence = played(tune(), truth)
  sequence.tempos.add(time=0, qpm=100)
  beat_map, source = musical_time.choose(sequence)
  assert source == 'tempo'
  places = beat_map.to_beats(truth) % 1.0
  assert np.all(np.minimum(places, 1 - places) < 0.02)
  assert beat_map.to_beats(0.0) >= 0


def test_auto_estimates_what_keeps_no_time_with_its_map():
  truth = curve(130, 0.6, 0.2)
  sequence = played(tune(128), truth)
  beat_map, source = musical_time.choose(sequence)
  assert source == 'estimate'
  assert share_found(beat_map, truth) > 0.85


@pytest.mark.slow
def test_pop909_and_maestro(shared):
  from musicnst.reading import files
  found = []
  for song in ('001', '011', '021', '031'):
    folder = shared / 'data/pop909' / song
    if not folder.exists():
      continue
    sequence = files.read(folder / f'{song}.mid')[0]
    truth = np.loadtxt(folder / 'beat_midi.txt')[:, 0]
    found.append(max(share_found(beats.estimate(sequence), truth[offset::step]) for step in (1, 2) for offset in range(step)))
  assert len(found) > 1 and np.median(found) > 0.8, found
  performance = next((shared / 'data/maestro-v1.0.0/2009').glob('*.mid*'))
  assert musical_time.choose(files.read(performance)[0])[1] == 'estimate'


def test_a_grid_that_is_a_step_off_is_moved():
  # All onsets on sixteenths of the tempo map, but the beat (long bass notes, most onsets) a sixteenth late.
  sequence = played(tune(), 0.15 + 0.6 * np.arange(66))
  sequence.notes.extend(played([(beat, 0.5, 70, 80) for beat in range(64)], 0.15 + 0.6 * np.arange(66)).notes)
  kept = [note for note in sequence.notes if abs((note.start_time - 0.15) / 0.3 % 1 - 0.5) > 0.4]
  del sequence.notes[:]
  sequence.notes.extend(kept)
  sequence.tempos.add(time=0, qpm=100)
  beat_map, source = musical_time.choose(sequence)
  assert source == 'tempo'
  assert beat_map.to_beats(0.15) % 1.0 == pytest.approx(0, abs=0.02)
