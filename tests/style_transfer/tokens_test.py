"""Restyling with models of tokens: one of Magenta's checkpoints, and tiny models of the other representations, end to end."""
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst import inference
from musicnst import music_proto
from musicnst.style_transfer import method as method_lib
from musicnst.style_transfer import registry
from musicnst.style_transfer import transfer
from musicnst.style_transfer.tokens import method as tokens
from musicnst.style_transfer.tokens import objective as token_objective
from tests.models import magenta_weights

MELODY_HPARAMS = 'z_size=16,enc_rnn_size=[24],dec_rnn_size=[24,24,24]'
TINY = 'enc_rnn_size=[6],dec_rnn_size=[6],z_size=4'


@pytest.fixture(autouse=True)
def _fresh():
  registry.load.cache_clear()
  method_lib.load_model.cache_clear()


@pytest.fixture(scope='module')
def magentas():
  return inference.Source(str(magenta_weights.CARRIED / 'cat-mel_2bar_big' / 'model.ckpt'), 'cat-mel_2bar_big', MELODY_HPARAMS)


@pytest.fixture
def tiny(tmp_path):
  """`tiny(config, more)`: a bundle of that config with large random weights, so that what it writes varies."""
  def build(name, more=''):
    keras.utils.set_random_seed(3)
    config = configs.get(name, TINY + more)
    model = config.build_model()
    for variable in model.trainable_variables:
      variable.assign(3 * variable)
    bundles.save(model, config, tmp_path / name, dtype='float32')
    return str(tmp_path / name)
  return build


def _band(seed, bars=5, drums=True, bass=True, qpm=90.0):
  """A melody a little off the grid over a bass and drums, and a pad that no representation of one voice reads."""
  random = np.random.default_rng(seed)
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=qpm)
  beat = 60 / qpm
  for step in range(0, bars * 16, 2):
    sequence.notes.add(pitch=int(60 + random.choice([0, 2, 4, 5, 7, 9, 11])), velocity=int(random.integers(50, 100)), instrument=0, program=4,
                       start_time=step * beat / 4 + .004, end_time=(step + 2) * beat / 4)
  for bar in range(bars):
    if bass:
      sequence.notes.add(pitch=36, velocity=70, instrument=1, program=33, start_time=4 * bar * beat, end_time=4 * (bar + 1) * beat)
    for quarter in range(4 if drums else 0):
      sequence.notes.add(pitch=36 if quarter % 2 else 40, velocity=90, instrument=9, is_drum=True, start_time=(4 * bar + quarter) * beat,
                         end_time=(4 * bar + quarter + .25) * beat)
  sequence.total_time = 4 * bars * beat
  return sequence


def _check_onset_change(result, content):
  """Against pitches and sixteenths counted here; drums are left out."""
  sixteenth = 60 / content.tempos[0].qpm / 4
  before, after = ({(n.pitch, int(n.start_time / sixteenth + .5)) for n in sequence.notes if not n.is_drum}
                   for sequence in (content, result.sequence))
  assert result.metrics['onset_change'] == pytest.approx(len(before ^ after) / len(before))


def _as_set(notes):
  return {(n.pitch, n.velocity, n.instrument, n.program, n.is_drum, round(n.start_time, 6), round(n.end_time, 6)) for n in notes}


@pytest.mark.slow
@pytest.mark.parametrize('method', [name for name, entry in registry.TRANSFER_MAP.items() if len(entry.classes) > 1])
def test_magentas_checkpoint_restyles_a_melody(method, magentas):
  content, style = _band(1), _band(2, qpm=140.0)
  result = transfer.transfer(content, style, method=method, model=magentas, strength=.8, num_steps=4, snapshots=(2,))
  whole, before = _as_set(result.sequence.notes), _as_set(content.notes)
  # Bass and drums are nothing that a model of melodies reads: they stay as they are.
  assert {n for n in whole if n[2] != 0} == {n for n in before if n[2] != 0}
  melody = {n for n in before if n[2] == 0}
  starts = lambda notes: {(n[0], n[5]) for n in notes}
  assert starts(_as_set(result.kept)) | starts(_as_set(result.removed)) == starts(melody)
  assert len(whole) == len(before) - len(result.removed) + len(result.added)
  assert all(note.program == 4 and note.instrument == 0 for note in result.added)
  # Kept notes begin where they began, off the grid; new ones on it.
  assert all(abs(n.start_time * 6 % 1 - .024) < 1e-6 for n in result.kept)
  assert all(min(n.start_time * 6 % 1, 1 - n.start_time * 6 % 1) < 1e-6 for n in result.added)
  assert result.settings['model'] == 'cat-mel_2bar_big'
  _check_onset_change(result, content)
  if method == 'guided':
    assert len(result.history['style']) == 4 and result.history['style'][-1] < result.history['style'][0]
    assert list(result.snapshots) == [2]


def test_strength_nought_and_bars(magentas):
  content, style = _band(1), _band(2)
  copy = transfer.transfer(content, style, method='guided', model=magentas, strength=0.0)
  assert _as_set(copy.sequence.notes) == _as_set(content.notes) and not copy.added and not copy.removed
  part = transfer.transfer(content, style, method='interpolation', model=magentas, strength=1.0, bars=(3, 3))
  bar = 4 * 60 / 90
  outside = lambda notes: {n for n in _as_set(notes) if not 2 * bar - .01 <= n[5] < 3 * bar - .01}
  assert {n[:6] for n in outside(part.sequence.notes)} == {n[:6] for n in outside(content.notes)}
  assert part.removed and all(2 * bar - .01 <= n.start_time < 3 * bar for n in [*part.removed, *part.added])
  with pytest.raises(errors.ArgumentError, match='5 bars'):
    transfer.transfer(content, style, method='interpolation', model=magentas, bars=(6, 7))


@pytest.mark.slow
@pytest.mark.parametrize('config, more', [
    ('hierdec-trio_16bar', ',level_lengths=[4,16],steps=64'), ('flat-trio_16bar', ',steps=64'), ('hier-multiperf_vel_1bar_med', ''),
    ('cat-drums_2bar_small', ''), ('cat-mel_2bar_med_chords', '')])
def test_every_kind_of_token_comes_back_in_one_file(config, more, tiny):
  content, style = _band(1), _band(2)
  result = transfer.transfer(content, style, method='guided', model=tiny(config, more), strength=1.0, num_steps=3)
  before = _as_set(content.notes)
  assert (len(result.kept), len(result.sequence.notes)) == (len(result.kept), len(before) - len(result.removed) + len(result.added))
  if 'drums' in config:
    assert {n for n in _as_set(result.sequence.notes) if not n[4]} == {n for n in before if not n[4]}
    assert all(note.is_drum for note in result.added)
  elif 'mel' not in config:
    assert {n.instrument for n in result.kept} | {n.instrument for n in result.removed} == {0, 1, 9}
  _check_onset_change(result, content)


def test_drums_alone_are_measured(tiny):
  drums = _band(1, bass=False)
  del drums.notes[:40]
  assert all(note.is_drum for note in drums.notes)
  result = transfer.transfer(drums, _band(2), method='guided', model=tiny('cat-drums_2bar_small'), strength=1.0, num_steps=3)
  changed = (len(result.added) + len(result.removed)) / len(drums.notes)
  assert result.metrics['onset_change'] == pytest.approx(changed)


def test_models_of_bits_walk_but_are_not_guided(tiny):
  path = tiny('nade-drums_2bar_reduced', ',nade_num_hidden=5')
  with pytest.raises(errors.ArgumentError, match='--method=arithmetic'):
    transfer.transfer(_band(1), _band(2), method='guided', model=path)
  result = transfer.transfer(_band(1), _band(2), model=path, method='arithmetic')
  assert len(result.kept) + len(result.removed) == 20


def test_other_meters_are_read_as_they_come(magentas):
  waltz = _band(1)
  waltz.time_signatures.add(numerator=3, denominator=4)
  result = transfer.transfer(waltz, _band(2), model=magentas, method='interpolation', strength=1.0)
  assert result.removed and result.bars[1] == pytest.approx(2.0)  # its bars are still its own
  plain = transfer.transfer(_band(1), _band(2), model=magentas, method='interpolation', strength=1.0)
  assert _as_set(plain.sequence.notes) == _as_set(result.sequence.notes)


def test_what_does_not_fit_is_refused(magentas, tiny):
  with pytest.raises(errors.RejectedSequence, match='no note'):
    transfer.transfer(_band(1), _band(2), method='guided', model=tiny('cat-drums_2bar_small')) and transfer.transfer(
        _only_drums(), _band(2), method='guided', model=magentas)
  with pytest.raises(errors.ModelNotFoundError, match='paper-vgg-latents needs a latent model of 32 steps'):
    transfer.transfer(_band(1), _band(2), model=magentas, method='paper-vgg-latents')
  with pytest.raises(errors.ArgumentError, match='plays no part'):
    transfer.transfer(_band(1), _band(2), method='guided', model=magentas, tracks='each')


def _only_drums():
  sequence = _band(1, bass=False)
  del sequence.notes[:40]
  return sequence


def test_token_change_by_hand():
  content = np.eye(4)[[[1, 0, 2, 0]]]
  outputs = np.eye(4)[[[1, 3, 0, 0]]]  # one came, one went, two there were
  assert tokens.token_change(content, outputs, (4,)) == pytest.approx([1.0])
  two = lambda x: np.concatenate([x, np.eye(4)[[[3, 0, 0, 0]]]], -1)  # a second block that stays
  assert tokens.token_change(two(content), two(outputs), (4, 4)) == pytest.approx([2 / 3])


def test_statistics_and_distance_by_hand():
  objective = token_objective.TokenObjective(None, (3,), True)
  sounding = [0, 2, 1, 2]
  block, mask = tf.constant(np.eye(3, dtype=np.float32)[[sounding]]), tf.constant([[1., 1., 1., 0.]])
  shares, moves, places = objective.statistics([block], mask)
  np.testing.assert_allclose(shares, [1 / 3] * 3, atol=1e-5)
  expected = np.zeros((3, 3))
  expected[0, 2] = expected[2, 1] = .5
  np.testing.assert_allclose(tf.reshape(moves, (3, 3)), expected, atol=1e-5)
  np.testing.assert_allclose(places[:4], [0, .5, .5, 0], atol=1e-5)
  assert float(token_objective.distance(tf.constant([.5, .5]), tf.constant([1., 0.]))) == pytest.approx(1 - math.sqrt(.5), abs=2e-3)
