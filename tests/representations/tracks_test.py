"""Tracks of 130 states by hand: which notes a voice has, what a window holds, bands and their combinations, voices of any texture."""
import numpy as np
import pytest

from musicnst import errors
from musicnst.representations import band
from musicnst.representations import quantize
from musicnst.representations import testing
from musicnst.representations import tracks
from musicnst.representations import voices

S, H = tracks.SILENCE, tracks.HOLD


def _notes(*tuples):
  return quantize.quantize(testing.sequence(tuples))


def test_lowest_and_highest_voice():
  # C3 for a bar under C5, E5 a beat each; D3 while C3 sounds; B2 at the third beat cuts C3.
  notes = _notes((48, 0, 4), (72, 0, 1), (76, 1, 2), (50, 1, 2), (47, 2, 3))
  assert notes.pitch[tracks.voice(notes)].tolist() == [48, 47]
  assert tracks.encode(notes.select(tracks.voice(notes)), 16).tolist() == [48, *[H] * 7, 47, *[H] * 3, *[S] * 4]
  assert notes.pitch[tracks.voice(notes, highest=True)].tolist() == [72, 76, 47]


def test_a_note_struck_again_and_one_that_sounds_on():
  notes = _notes((60, 0, .5), (60, .5, 1), (62, 2, 9))
  assert tracks.encode(notes, 12).tolist() == [60, H, 60, H, S, S, S, S, 62, H, H, H]
  pitches, starts, ends = tracks.decode([60, H, 60, H, S, S, S, S, 62, H, H, H])
  assert (pitches.tolist(), starts.tolist(), ends.tolist()) == ([60, 60, 62], [0, 2, 8], [2, 4, 12])
  assert tracks.decode([H, H, 5, S, H])[0].tolist() == [5]


def test_sounding_and_beginning_anew():
  states = np.array([60, H, H, S, H, 62, H, H])
  assert tracks.sounding(states).tolist() == [60, 60, 60, S, S, 62, 62, 62]
  assert tracks.begin_anew(states, 1, 3).tolist() == [60, H, S]
  assert tracks.begin_anew(states, 4, 2).tolist() == [S, 62]
  assert tracks.sounding([H, 60]).tolist() == [S, 60]


def test_longest_silence():
  states = np.array([60, S, S, S, S, S, S, S, S, S, S, 62, H, S, S, S])
  assert tracks.longest_silence(states, 4) == 1
  assert tracks.longest_silence(np.full(16, S), 4) == 4


def _band(drums=True, strings=True):
  """Two bars: drums, one bass, two guitars, two string parts."""
  sequence = testing.sequence([(40, 0, 4), (41, 4, 8)], program=33, instrument=1)
  testing.add(sequence, [(60, 0, 8), (64, 0, 8)], program=24, instrument=2)
  testing.add(sequence, [(67, 0, 8)], program=0, instrument=3)
  if drums:
    testing.add(sequence, [(38, i, i + .25) for i in range(8)] + [(36, i, i + .25) for i in range(0, 8, 2)], instrument=9, is_drum=True)
  if strings:
    testing.add(sequence, [(72, 0, 8)], program=48, instrument=4)
    testing.add(sequence, [(55, 4, 8)], program=56, instrument=5)
  return sequence


def test_a_band():
  converter = band.BandConverter()
  first, second = converter.to_windows(_band())
  assert [w.labels['instruments'] for w in (first, second)] == ['9 1 2', '9 1 3']
  states = converter.states(first.outputs)
  assert states[:5, 0].tolist() == [36, S, S, S, 38] and states[0, 1:].tolist() == [40, 60, 72]
  assert states[16].tolist() == [36, 41, H, 55]  # of the merged strings the lower one
  assert converter.states(second.outputs)[0, 2] == 67
  up = converter.transpose_index(2)
  moved = converter.states(np.where(up >= 0, first.outputs[:, np.maximum(up, 0)], 0))
  assert moved[0].tolist() == [36, 42, 62, 74] and moved[1].tolist() == [S, H, H, H]


def test_bands_that_lack_something():
  for sequence, missing in ((_band(drums=False), 'no drums'), (_band(strings=False), 'no strings'), (testing.sequence([]), 'no drums, no bass')):
    with pytest.raises(errors.RejectedSequence, match=missing) as caught:
      band.BandConverter().to_windows(sequence)
    assert caught.value.reason == 'missing_tracks'
  assert len(band.BandConverter(required_tracks=3).to_windows(_band(strings=False))) == 2
  only_drums = band.BandConverter(continuous=True).to_windows(testing.drums(2))
  assert len(only_drums) == 1


def test_one_silent_bar_is_allowed_and_two_are_not():
  sequence = testing.sequence([(72, 0, 4), (72, 8, 12), (72, 20, 24)])
  testing.add(sequence, [(40, 0, 24)], instrument=1)
  starts = [w.start_step for w in voices.VoicesConverter(steps=48).to_windows(sequence)]
  assert starts == [0, 16]  # bars 1-3 and 2-4; not 3-5 nor 4-6, where the tune rests twice on end
  strict = voices.VoicesConverter(steps=32, max_silent_bars=0)
  with pytest.raises(errors.RejectedSequence, match='shorter_than_window'):
    strict.to_windows(sequence)


def test_three_four_is_refused():
  for converter in (band.BandConverter(), voices.VoicesConverter()):
    with pytest.raises(errors.RejectedSequence, match='unsupported_meter.*3/4'):
      converter.to_windows(testing.sequence([(60, 0, 9), (40, 0, 9)], meter=(3, 4)))


def test_voices_of_any_texture():
  sequence = testing.sequence([(72, 0, 4), (64, 0, 4), (48, 0, 4), (74, 4, 8), (47, 4, 8)])
  states = voices.VoicesConverter().states(voices.VoicesConverter().to_windows(sequence)[0].outputs)
  assert states[0].tolist() == [72, 48] and states[16].tolist() == [74, 47]
  four = voices.VoicesConverter(num_voices=4)
  assert four.states(four.to_windows(sequence)[0].outputs)[0].tolist() == [72, S, S, 48]
  with pytest.raises(errors.RejectedSequence, match='missing_tracks: no two voices'):
    voices.VoicesConverter().to_windows(testing.melody(4))
  with pytest.raises(errors.ArgumentError, match='num_voices=5'):
    voices.VoicesConverter(num_voices=5)


def test_pop909s_own_tracks():
  sequence = testing.sequence([(60, 0, 8)], instrument=0)
  testing.add(sequence, [(64, 0, 8)], instrument=1)
  testing.add(sequence, [(79, 0, 8), (55, 0, 8), (43, 0, 8)], instrument=2)
  for instrument, name in enumerate(('MELODY', 'BRIDGE', 'PIANO')):
    sequence.instrument_infos.add(instrument=instrument, name=name)
  of = lambda k: voices.VoicesConverter(num_voices=k).states(voices.VoicesConverter(num_voices=k).to_windows(sequence)[0].outputs)[0].tolist()
  assert of(2) == [60, 43] and of(3) == [60, 64, 43] and of(4) == [60, 64, 79, 43]
