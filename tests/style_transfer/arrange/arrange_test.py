"""Method arrange on pieces written by hand: what a musician would write down for them."""
import re

import numpy as np
import pytest

from musicnst import errors
from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer import transfer
from musicnst.style_transfer.arrange import donors
from musicnst.style_transfer.arrange import fit
from musicnst.style_transfer.arrange import harmony
from musicnst.style_transfer.arrange import move
from musicnst.style_transfer.arrange import piece

C, G7, AM, F = (0, 4, 7), (7, 11, 2, 5), (9, 0, 4), (5, 9, 0)
MAJOR = (0, 2, 4, 5, 7, 9, 11)


def _set(pitch_classes):
  return np.isin(np.arange(12), pitch_classes)


def _over(chord):
  return np.roll(_set(chord), -chord[0])


@pytest.mark.parametrize('interval, theirs, ours, expected', [
    (0, C, AM, 0), (4, C, AM, 3), (7, C, AM, 7), (3, AM, C, 4),  # root, third and fifth keep their roles
    (10, G7, C, 11),   # a triad takes the seventh of its key: over C in C major that is B
    (9, C, C, 9), (2, C, C, 2),  # tones beside the chord stay where the key has them
    (7, C, (11, 2, 5), 6)])  # the fifth of a diminished chord
def test_a_tone_keeps_its_role(interval, theirs, ours, expected):
  scale = lambda chord: np.roll(_set(MAJOR), -chord[0])
  assert move._interval(interval, _over(theirs), _over(ours), scale(theirs), scale(ours)) == expected


@pytest.mark.parametrize('style, content, expected', [
    ((4, 4), 4, [[0, 1, 2, 3], [4, 5, 6, 7]]),
    ((4, 4), 3, [[0, 1, 2], [4, 5, 6]]),        # a waltz takes three of four beats
    ((3, 4), 4, [[0, 1, 2, 2], [3, 4, 5, 5]]),  # four beats repeat the last of three
    ((4, 4), 2, [[0, 1], [2, 3], [4, 5], [6, 7]]),
    ((2, 4), 4, [[0, 1, 2, 3], [2, 2, 3, 3]]),
    ((6, 8), 4, [[0, 1, 2, 3], [2, 2, 3, 3]])])  # two bars of two dotted quarters
def test_windows_are_cut_and_joined_at_beats(style, content, expected):
  length = 2 * (4 if style != (6, 8) else 3) * style[0] / style[1] if style != (6, 8) else 6.0
  found = piece.read(testing.sequence([(60, b, b + 1) for b in range(int(length))], meter=style), 'tempo')
  rows = donors.windows(found.beats, content)[1].tolist()
  assert rows[0] == expected[0] and len(rows) >= len(expected) - 1
  if content % 2 or style[0] == 4:
    assert rows == expected


def test_a_pickup_is_no_bar_of_a_figure_and_the_end_is_the_end():
  """A beat of tune before two bars of 2/4 and the last one: no donor has the pick-up's empty bar, the last two have the ending."""
  notes = [(76, 1, 2)] + [(pitch, 2 * bar + beat, 2 * bar + beat + 1) for bar in (1, 2, 3, 4) for beat in range(2) for pitch in (48, 72 + beat)]
  found = donors.of(piece.read(testing.sequence(notes, meter=(2, 4)), 'tempo'), 4)
  assert found.beats[0].tolist() == [2, 3, 4, 5] and found.first.tolist() == [True, False, False, False]
  assert found.beats[found.last].tolist() == [[6, 7, 8, 9], [8, 9, 9, 9]]


def test_an_octave_above_the_tune_is_the_tune():
  """The tune in octaves over a bass: only the bass is a figure."""
  content = testing.sequence([(72 + b % 3, b, b + 1) for b in range(8)])
  testing.add(content, [(84 + b % 3, b, b + 1) for b in range(8)] + [(48, b, b + 1) for b in range(8)], instrument=1)
  found = piece.read(content, 'tempo', tune_track='0')
  assert set(found.score.pitch[found.around].tolist()) == {48}


def _moved(notes):
  """(start, end, pitch, bass) -> Moved."""
  start, end, pitch, bass = (np.array(column) for column in zip(*notes))
  zeros = np.zeros(len(pitch), int)
  return move.Moved(start.astype(float), end.astype(float), pitch, np.full(len(pitch), 80), np.arange(len(pitch)), bass.astype(bool),
                    above=zeros.astype(bool), style=zeros, bar=zeros)


def _harmony(*chords):
  """One chord of two quarters after the other, in C major."""
  return harmony.Harmony(
      np.arange(len(chords) + 1) * 2.0, np.array([chord[0] for chord in chords]), np.array([_set(chord) for chord in chords]),
      np.array([chord[0] for chord in chords]), np.array([_set(MAJOR)] * len(chords)))


def test_notes_go_on_as_tones_of_the_next_chord():
  found = fit.against_harmony(_moved([(0, 4, 64, 0), (0, 4, 60, 0), (1, 2, 67, 0), (0, 4, 48, 1), (0, 2.3, 52, 0)]), _harmony(C, F))
  # E is no tone of F and goes on as F, C is one and stays, a bass on C goes on as F, and .3 of an E is not worth an attack.
  assert sorted(zip(found.start.tolist(), found.end.tolist(), found.pitch.tolist())) == [
      (0, 2, 48), (0, 2, 52), (0, 2, 64), (0, 4, 60), (1, 2, 67), (2, 4, 53), (2, 4, 65)]


def test_the_next_chord_is_another_one():
  found = _harmony(C, C, F, F)
  assert [found.next_change(time) for time in (0, 2.5, 4, 7)] == [4, 4, np.inf, np.inf] and found.next_change(0, span=3) == np.inf


def test_notes_stay_under_the_tune_and_do_not_rub():
  tune = np.array([0.0]), np.array([4.0]), np.array([71])  # B over C
  found = fit.under_tune(_moved([(0, 4, 48, 1), (0, 2, 60, 0), (0, 2, 76, 0), (0, 2, 67, 0)]), tune, _harmony(C, C))
  # The root in the bass may lie under a major seventh; C4 goes to a chord tone that does not rub; E5 has an octave below the tune.
  assert found.pitch.tolist() == [48, 64, 64, 67]


def test_a_chord_under_the_tune_stays_whole():
  """C5, E5 and G5 under a tune on C5: not one tone three times but three tones below it."""
  tune = np.array([0.0]), np.array([4.0]), np.array([72])
  assert sorted(fit.under_tune(_moved([(0, 2, 72, 0), (0, 2, 76, 0), (0, 2, 79, 0)]), tune, _harmony(C, C)).pitch.tolist()) == [60, 64, 67]


def test_a_line_that_moves_does_not_stand_still():
  """A scale that came out as one tone of C goes between tones of C; a tone that the donor repeats is repeated."""
  notes = _moved([(i / 4, i / 4 + .25, 60, 0) for i in range(4)] + [(2 + i / 4, 2.25 + i / 4, 64, 0) for i in range(3)])
  nothing = (np.zeros(0),) * 3
  found = fit.moving(notes, np.array([65, 64, 62, 60, 67, 67, 67]), nothing, _harmony(C, C))
  assert found.pitch.tolist() == [60, 55, 60, 55, 64, 64, 64]


@pytest.mark.parametrize('figure, expected', [
    ([(0, 36), (1, 52), (1, 55), (2, 43), (3, 52), (3, 55)], [(0, 36, 4), (0, 43, 4), (0, 52, 4), (0, 55, 4)]),  # boom-chick: all at once
    ([(i / 2, p) for i, p in enumerate((48, 52, 55, 60, 55, 52, 48, 52))], [(0, 48, 4), (0, 52, 4), (0, 55, 4), (0, 60, 4)]),  # broken chord
    ([(0, 36), (0, 52), (2, 36), (2, 55)], None)])  # two chords and rest: an ending already
def test_the_last_chord_is_struck_and_held(figure, expected):
  notes = _moved([(start, start + .5, pitch, start == 0 and pitch < 48) for start, pitch in figure])
  tune = np.array([0.0]), np.array([4.0]), np.array([72])
  found = fit.ended(notes, tune, _harmony(C, C), 0.0, 4.0)
  rows = sorted(zip(found.start.tolist(), found.pitch.tolist(), found.end.tolist()))
  assert rows == (expected or sorted(zip(notes.start.tolist(), notes.pitch.tolist(), notes.end.tolist())))
  assert len(fit.ended(notes, tune, _harmony(C, C), 3.0, 4.0).pitch) <= len(notes.pitch)


def test_a_tune_that_begins_alone_stays_alone():
  """Two bars of tune by itself, four with chords, the two bars again: the accompaniment enters where the content's does."""
  line = lambda bar, pitches: [(pitch, 4 * bar + i, 4 * bar + i + 1) for i, pitch in enumerate(pitches)]
  call = lambda bar: line(bar, (72, 74, 76, 78)) + line(bar + 1, (79, 77, 75, 73))
  sung = [(76 + bar % 2, 4 * bar + beat, 4 * bar + beat + 1) for bar in range(2, 6) for beat in range(4)]
  held = [(pitch, 4 * bar, 4 * bar + 4) for bar in range(2, 6) for pitch in (48, 52, 55)]
  content = testing.add(testing.sequence(call(0) + sung + call(6)), held, instrument=1)
  result = transfer.transfer(content, _oom_pah(8), method='arrange', beats='tempo', melody='0')
  assert {int(note.start_time // 2) for note in result.added} == {2, 3, 4, 5}


def test_low_thirds_open_and_doubles_are_one():
  assert sorted(fit.without_mud(_moved([(0, 1, 36, 1), (0, 1, 40, 0)])).pitch.tolist()) == [36, 52]
  once = fit.once(_moved([(0, 2, 60, 0), (0, 1, 60, 0), (1, 3, 60, 0)]))
  assert list(zip(once.start, once.end)) == [(0, 1), (1, 3)]


def _song(chords, tune=True):
  """A tune, the fifth of each bar's chord, over held triads."""
  notes = []
  for bar, chord in enumerate(chords):
    if tune:
      notes.append((72 + chord[2], 4 * bar, 4 * bar + 4))
    notes += [(48 + (pc - chord[0]) % 12 + chord[0] % 12, 4 * bar, 4 * bar + 4) for pc in chord[:3]]
  return testing.sequence(notes)


def _oom_pah(bars):
  """Bass on one and three, chord on two and four, in F, under a tune."""
  notes = []
  for bar in range(bars):
    for beat in (0, 2):
      notes.append((41, 4 * bar + beat, 4 * bar + beat + 1))
      notes += [(pitch, 4 * bar + beat + 1, 4 * bar + beat + 2) for pitch in (57, 60, 65)]
    notes.append((81, 4 * bar, 4 * bar + 4))
  return testing.sequence(notes)


def test_the_figure_comes_on_the_contents_chords():
  content = _song([C, F, AM, C] * 2)
  result = transfer.transfer(content, _oom_pah(8), method='arrange', beats='tempo')
  notes = sorted((round(n.start_time * 2, 3), n.pitch) for n in result.sequence.notes)
  assert [n for n in notes if n[1] >= 72] == sorted((round(n.start_time * 2, 3), n.pitch) for n in content.notes if n.pitch >= 72)
  for bar, chord in enumerate(([C, F, AM, C] * 2)[:-1]):
    low = [pitch for start, pitch in notes if pitch < 50 and 4 * bar <= start < 4 * bar + 4]
    assert [pitch % 12 for pitch in low] == [chord[0], chord[0]]
    high = {pitch % 12 for start, pitch in notes if 50 <= pitch < 72 and start in (4 * bar + 1, 4 * bar + 3)}
    assert high == {pc % 12 for pc in chord[:3]}
  assert {start % 4 for start, pitch in notes if pitch < 72} == {0, 1, 2, 3}


def test_bars_and_strength_leave_whole_bars_alone(notes_of):
  content, style = _song([C, F, AM, C] * 4), _oom_pah(8)
  inside = transfer.transfer(content, style, method='arrange', beats='tempo', bars=(3, 4))
  outside = lambda notes: [n for n in notes if not 4 <= n[0] < 8]
  assert outside(notes_of(inside.sequence)) == outside(notes_of(content)) and inside.added
  half = transfer.transfer(content, style, method='arrange', beats='tempo', strength=.5)
  changed = {int(n.start_time // 2) for n in half.added}
  assert 4 <= len(changed) <= 12 and not changed & {int(n.start_time // 2) for n in half.kept if n.pitch < 72}
  assert notes_of(transfer.transfer(content, style, method='arrange', beats='tempo', strength=0).sequence) == notes_of(content)


def test_another_seed_is_another_draw_and_equal_bars_stay_equal(notes_of):
  content, style = _song([C, F, AM, C] * 2), testing.chords(12, 3)
  run = lambda seed: transfer.transfer(content, style, method='arrange', beats='tempo', seed=seed).sequence
  assert notes_of(run(1)) == notes_of(run(1)) != notes_of(run(0))
  assert len({tuple(notes_of(run(seed))) for seed in range(5)}) >= 3
  bar = lambda number: sorted((round(n.start_time - 2 * number, 4), n.pitch) for n in run(1).notes if 2 * number <= n.start_time < 2 * number + 2)
  assert bar(1) == bar(5)


@pytest.mark.parametrize('meter', [(3, 4), (6, 8), (5, 4), (7, 8), (2, 2), (12, 8)])
def test_meters_meet(meter, tmp_path):
  content = testing.sequence([(60 + i % 12, i / 2, i / 2 + .5) for i in range(48)], meter=meter)
  for one, other in ((content, _oom_pah(4)), (_song([C, F, AM, C]), content)):
    result = transfer.transfer(one, other, method='arrange', beats='tempo')
    midi.write(result.sequence, tmp_path / 'out.mid')
    assert len(files.read(tmp_path / 'out.mid')[0].notes) == len(result.sequence.notes)
    first, last = min(n.start_time for n in one.notes), max(n.end_time for n in one.notes)
    assert all(first - .02 <= n.start_time and n.end_time <= last + .01 for n in result.added)


def test_what_does_not_fit_is_refused():
  for options in ({'tracks': 'each'}, {'style_genre': 'jazz'}, {'num_steps': 3}, {'snapshots': (1,)}, {'protect_melody': False}):
    (name, value), = options.items()
    with pytest.raises(errors.ArgumentError, match=re.escape(f'{name}={value} plays no part in this method')):
      transfer.transfer(_song([C]), _oom_pah(2), method='arrange', **options)
  with pytest.raises(errors.ArgumentError, match='works without a model'):
    transfer.transfer(_song([C]), _oom_pah(2), method='arrange', model='polyphonic-2bar')
  with pytest.raises(errors.RejectedSequence, match='only drums'):
    transfer.transfer(testing.drums(2), _oom_pah(2), method='arrange')
  with pytest.raises(errors.RejectedSequence, match='only drums'):
    transfer.transfer(_song([C]), testing.drums(2), method='arrange')


def test_a_pickup_of_the_tune_alone_stays_alone():
  """Two beats of tune before the first full bar; the style's figure begins with that bar."""
  tune = [(76, 2, 3), (77, 3, 4)] + [(79, 4 * bar + beat, 4 * bar + beat + 1) for bar in range(1, 9) for beat in range(4)]
  held = [(pitch, 4 * bar, 4 * bar + 4) for bar in range(1, 9) for pitch in (48, 52, 55)]
  result = transfer.transfer(testing.sequence(tune + held), _oom_pah(8), method='arrange', beats='tempo')
  assert min(note.start_time for note in result.added) == pytest.approx(2.0)  # beat 4 at 120


def test_no_accent_is_louder_than_the_tune_of_its_bar():
  """A style with one loud stroke in four under a tune that grows softer."""
  soft = [(76, 4 * bar, 4 * bar + 4, 90 - 10 * bar) for bar in range(4)] + [
      (pitch, 4 * bar, 4 * bar + 4, 60) for bar in range(4) for pitch in (48, 52, 55)]
  style = [(pitch, b, b + 1, 127 if b % 4 == 3 else 30) for b in range(16) for pitch in (43, 59)] + [(81, 4 * bar, 4 * bar + 4) for bar in range(4)]
  result = transfer.transfer(testing.sequence(soft), testing.sequence(style), method='arrange', beats='tempo')
  assert len(result.added) > 16 and all(note.velocity <= 90 - 10 * int(note.start_time // 2) for note in result.added)
