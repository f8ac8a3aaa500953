"""Tests of `musicnst.analysis.melody`, on small scores whose tune is known and on songs of POP909."""
import time

import numpy as np
import pytest

from musicnst import errors
from musicnst.analysis import melody
from musicnst.analysis import melody_line
from musicnst.analysis import score as scores
from musicnst.reading import files
from tests.analysis import small_scores as small


def _onsets(score, mask):
  """{(pitch, start)} of a mask's notes."""
  return set(zip(score.pitch[mask].tolist(), score.start[mask].round(6).tolist()))


def _f1(mask, truth):
  return 2 * np.sum(mask & truth) / max(np.sum(mask) + np.sum(truth), 1)


def test_nothing():
  found = melody.find(small.score())
  assert (len(found.mask), found.source, found.texture, found.confidence) == (0, 'nothing', melody.EMPTY, 0.0)


def test_drums_alone_have_no_tune():
  score = small.score(([(36, i, .5) for i in range(16)], 'Drums', 0, True))
  found = melody.find(score)
  assert not found.mask.any() and not found.lead.any() and len(found.mask) == 16
  assert (found.source, found.texture) == ('nothing', melody.EMPTY)


def test_one_note():
  found = melody.find(small.score(([(60, 0, 1)],)))
  assert found.mask.tolist() == [True] and found.source == 'only voice'


def test_a_tune_alone_is_all_tune():
  found = melody.find(small.score((small.tune(),)))
  assert found.mask.all() and found.lead.all() and not found.second.any()
  assert (found.source, found.texture, found.instrument) == ('only voice', melody.ONE_VOICE, 0)


@pytest.mark.parametrize('shift', [-12, -5, 0, 7])
def test_a_tune_over_chords_is_found_by_its_notes(shift):
  score = small.score((small.repeated(small.tune(shift) + small.chords(shift), 4),))
  found = melody.find(score)
  assert _onsets(score, found.mask) == {(pitch, start) for pitch, start, _ in small.repeated(small.tune(shift), 4)}
  assert (found.source, found.texture) == ('classifier', melody.TUNE_AND_ACCOMPANIMENT)


def test_a_tune_in_the_tenor_under_held_chords():
  tenor = small.repeated(small.tune(-19), 4)
  held = [(pitch, 4.0 * i, 4.0) for i in range(16) for pitch in (76, 79, 84)]
  score = small.score((tenor, 'Tune'), (held, 'Strings', 48))
  found = melody.find(score)
  assert _onsets(score, found.mask) == {(pitch, start) for pitch, start, _ in tenor}
  assert (found.source, found.instrument) == ('track Tune', 0)


@pytest.mark.parametrize('name', ['MELODY', 'Melodie', 'Lead Vocal', 'Gesang', 'voz', 'мелодия', '旋律'])
def test_a_name_tells_the_tune_wherever_it_lies(name):
  score = small.score((small.chords(24), 'Piano'), (small.tune(-24), name), (small.chords(-12), 'Bass', 33))
  found = melody.find(score)
  assert (found.instrument, found.source) == (1, f'track {name}') and found.confidence >= .9
  assert np.array_equal(found.mask, score.instrument == 1)


def test_a_title_on_every_track_tells_nothing():
  score = small.score((small.tune(), 'Melody of love'), (small.chords(), 'Melody of love'))
  assert melody.find(score).source != 'track Melody of love'


def test_backing_vocals_are_not_the_tune():
  score = small.score((small.tune(-3), 'Backing Vocals'), (small.tune(), 'Vocals'), (small.chords(), 'Piano'))
  assert melody.find(score).instrument == 1


def test_words_tell_the_sung_track():
  high = [(91, .25 + i, .25) for i in range(16)]
  score = small.score((high,), (small.tune(-12),), (small.chords(-12),))
  found = melody.find(score, syllables=[start for _, start, _ in small.TUNE])
  assert (found.source, found.instrument) == ('words', 1)


def test_the_caller_may_name_the_track():
  score = small.score((small.tune(), 'MELODY'), (small.chords(), 'Piano'))
  assert np.array_equal(melody.find(score, track='piano').mask, score.instrument == 1)
  assert melody.find(score, track=1).instrument == 1
  with pytest.raises(errors.ArgumentError, match='0 MELODY'):
    melody.find(score, track='flute')


def test_equal_voices_are_said_to_be_equal():
  # A round: the same line enters in three voices, one phrase after another, an octave and a fifth apart.
  line = [(60 + step, .5 * i, .5) for i, step in enumerate([0, 2, 4, 5, 7, 5, 4, 2, 4, 5, 7, 9, 7, 5, 4, 2] * 4)]
  voices = [[(pitch + shift, start + 4 * k, length) for pitch, start, length in line] for k, shift in enumerate((12, 0, -12))]
  found = melody.find(small.score((sum(voices, []),)))
  assert found.texture == melody.EQUAL_VOICES and found.mask.any()


def test_a_choir_is_equal_voices_with_the_soprano_as_tune():
  parts = [[(pitch + shift, start, length) for pitch, start, length in small.repeated(small.TUNE, 3)] for shift in (0, -5, -9, -17)]
  score = small.score(*[(part, name, 52) for part, name in zip(parts, ('Soprano', 'Alto', 'Tenor', 'Bass'))])
  found = melody.find(score)
  assert (found.texture, found.source) == (melody.EQUAL_VOICES, 'track Soprano')


def test_the_lead_goes_on_where_the_tune_is_silent():
  intro = [(79 - i % 5, i, 1) for i in range(32)]
  score = small.score((small.tune(after=32), 'Melody'), (intro + small.chords(after=32), 'Piano'), (small.chords() + small.chords(after=16), 'Organ'))
  found = melody.find(score)
  assert np.all(found.lead[found.mask]) and not np.any(found.mask & (score.start < 32))
  leads = _onsets(score, found.lead & (score.start < 32))
  assert len(leads & {(pitch, start) for pitch, start, _ in intro}) >= 28


def test_of_doubled_notes_one_is_the_tune():
  score = small.score((small.repeated(small.tune() + small.tune() + small.chords(), 4),))
  found = melody.find(score)
  assert found.mask.sum() == 4 * len(small.TUNE)


def test_a_line_prefers_likely_notes_and_takes_one_at_a_time():
  score = small.score(([(72, 0, 1), (60, 0, 1), (74, 1, 1), (62, 1, 1), (50, 2, 1)],))
  likely = np.where(score.pitch > 70, .9, np.where(score.pitch > 55, .6, .2))
  assert score.pitch[melody_line.best(score, likely)].tolist() == [72, 74]
  assert not melody_line.best(score, np.full(5, .2)).any()


def test_many_notes_are_quick():
  generator = np.random.default_rng(0)
  notes = [(int(generator.integers(36, 90)), i / 8, .5) for i in range(2000)]
  score = small.score((notes,))
  melody.find(score)
  began = time.process_time()
  melody.find(score)
  assert time.process_time() - began < 1.0  # .1 s on an idle core


@pytest.mark.slow
@pytest.mark.parametrize('flat', [False, True])
def test_songs_of_pop909_merged(shared, flat):
  values = []
  for number in ('004', '061', '294', '305'):  # of the validation split
    score = scores.of(files.read(shared / 'data' / 'pop909' / number / f'{number}.mid')[0])
    truth = score.instrument == next(one for one, name in score.track_names.items() if name == 'MELODY')
    one = np.zeros(len(score), np.int64)
    merged = scores.Score(**{**vars(score), 'instrument': one, 'track_names': {}, 'velocity': one + 80 if flat else score.velocity})
    found = melody.find(merged)
    doubled = melody.representatives(merged)
    # A note that the piano doubles may stand for the tune's.
    values.append(_f1(np.isin(np.arange(len(score)), doubled[found.mask]), np.isin(np.arange(len(score)), doubled[truth])))
  assert np.mean(values) >= (.8 if flat else .88)
