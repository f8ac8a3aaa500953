"""Seconds <-> beats: hand-computed answers, and that the way back is the way there."""
import hypothesis
from hypothesis import strategies as st
import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import beat_map as beat_map_lib
from musicnst.reading import musical_time


def sequence_of(onsets, tempos=(), length=0.1, drum=False):
  sequence = music_proto.NoteSequence()
  for onset in onsets:
    sequence.notes.add(pitch=60, velocity=80, start_time=onset, end_time=onset + length, is_drum=drum)
  for time, qpm in tempos:
    sequence.tempos.add(time=time, qpm=qpm)
  sequence.total_time = max([onset + length for onset in onsets], default=0.0)
  return sequence


def rich_sequence(times, tempos):
  sequence = sequence_of(times, tempos)
  sequence.ticks_per_quarter = 220
  sequence.id = 'piece'
  sequence.source_info.parser = music_proto.NoteSequence.SourceInfo.PRETTY_MIDI
  for i, time in enumerate(times):
    sequence.time_signatures.add(time=time, numerator=3 + i % 3, denominator=4)
    sequence.key_signatures.add(time=time, key=i % 12)
    sequence.pitch_bends.add(time=time, bend=100)
    sequence.control_changes.add(time=time, control_number=64, control_value=127)
    sequence.text_annotations.add(time=time, text='word')
    sequence.section_annotations.add(time=time, section_id=i)
  return sequence


tempo_lists = st.lists(st.tuples(st.floats(0, 100), st.floats(10, 400)), max_size=6)


@hypothesis.given(st.lists(st.floats(0, 200), min_size=1, max_size=10), tempo_lists)
@hypothesis.settings(max_examples=50)
def test_to_beats_and_back_gives_the_same_sequence(times, tempos):
  original = rich_sequence(times, tempos)
  beat_map = beat_map_lib.BeatMap.from_tempos(original)
  inside = musical_time.in_beats(original, beat_map)
  assert [(t.time, t.qpm) for t in inside.tempos] == [(0, 60)]
  back = musical_time.in_seconds(inside, beat_map, original.tempos)
  fields = ('notes', 'time_signatures', 'key_signatures', 'pitch_bends', 'control_changes', 'text_annotations', 'section_annotations')
  for field in fields:
    for a, b in zip(getattr(original, field), getattr(back, field), strict=True):
      for name in ('time', 'start_time', 'end_time'):
        if hasattr(a, name):
          assert getattr(b, name) == pytest.approx(getattr(a, name), abs=1e-7)
          setattr(b, name, getattr(a, name))
      assert a == b
  assert back.total_time == pytest.approx(original.total_time)
  back.total_time = original.total_time
  assert back == original


def test_restored_tempos_lay_the_same_grid():
  original = sequence_of([0, 1, 5], [(0, 60), (2, 90), (4, 200)])
  beat_map = beat_map_lib.BeatMap.from_tempos(original)
  back = musical_time.in_seconds(musical_time.in_beats(original, beat_map), beat_map)
  assert [(t.time, pytest.approx(t.qpm)) for t in back.tempos] == [(0, 60), (2, 90), (4, 200)]


def test_tempos_of_annotated_beats_lay_the_same_grid_up_to_the_origin():
  beat_map = beat_map_lib.BeatMap.from_beat_times([0.7, 1.2, 1.8, 2.1])
  original = sequence_of([0.0, 0.7, 1.5, 2.1, 3.0])
  back = musical_time.in_seconds(musical_time.in_beats(original, beat_map), beat_map)
  again = beat_map_lib.BeatMap.from_tempos(back)
  onsets = [0.0, 0.7, 1.5, 2.1, 3.0]
  np.testing.assert_allclose(np.diff(again.to_beats(onsets)), np.diff(beat_map.to_beats(onsets)), atol=1e-9)


def test_on_grid_share_by_hand():
  # 60 qpm: a sixteenth is .25 s and the tolerance 1/64 s; 4 of 5 lie on it, 1 does not.
  sequence = sequence_of([0.0, 0.25, 0.5 + 0.015, 1.0 - 0.015, 1.12], [(0, 60)])
  beat_map = beat_map_lib.BeatMap.from_tempos(sequence)
  assert musical_time.on_grid_share(sequence, beat_map) == pytest.approx(0.8)
  assert musical_time.on_grid_share(sequence_of([]), beat_map) == 0.0


def test_drums_count_only_alone():
  beat_map = beat_map_lib.BeatMap.fixed(60)
  drums = sequence_of([0.1, 0.35], drum=True)
  assert musical_time.on_grid_share(drums, beat_map) == 0.0
  drums.notes.add(pitch=60, velocity=1, start_time=1.0, end_time=2.0)
  assert musical_time.on_grid_share(drums, beat_map) == 1.0


def test_choose():
  straight = sequence_of(np.arange(40) * 0.25, [(0, 60)])
  triplets = sequence_of(np.arange(40) / 3, [(0, 60)])
  for sequence in (straight, triplets):
    beat_map, source = musical_time.choose(sequence)
    assert source == 'tempo'
    np.testing.assert_allclose(beat_map.to_beats(7.0), 7.0)
  beat_map, source = musical_time.choose(straight, beat_times=[0.0, 0.5, 1.0])
  assert source == 'annotation'
  np.testing.assert_allclose(beat_map.to_beats(7.0), 14.0)
  beat_map, source = musical_time.choose(straight, 'fixed:90')
  assert source == 'fixed'
  np.testing.assert_allclose(beat_map.to_beats(2.0), 3.0)
  assert musical_time.choose(straight, 'tempo')[1] == 'tempo'


@pytest.mark.parametrize('mode', ['fixed:', 'fixed:0', 'fixed:fast', 'fixed:nan', 'nothing', ''])
def test_unknown_modes(mode):
  with pytest.raises(errors.ArgumentError):
    musical_time.choose(sequence_of([0.0]), mode)
