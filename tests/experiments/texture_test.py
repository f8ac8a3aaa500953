"""What `texture-2bar` learns from and is measured by, on windows written by hand."""
import dataclasses

import numpy as np
import pytest

from experiments.analysis import texture_windows as data
from experiments.benchmark import texture
from experiments.benchmark import two_sample
from experiments.bundles import train_bundles
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.models.texture import windows
from musicnst.style_transfer.arrange import mend

KEYS, LOWEST = windows.KEYS, 21
MAJOR = (0, 2, 4, 5, 7, 9, 11)


def _under(root, tones, scale=MAJOR, tune=None):
  """One chord for two bars."""
  row = lambda pitch_classes: np.tile(np.isin(np.arange(12), pitch_classes), (32, 1))
  line = np.zeros((32, 176), np.uint8) if tune is None else tune
  return windows.Under(np.full(32, root), np.full(32, root), row(tones), row(scale), line, np.zeros((32, 2), np.uint8))


C, F_SHARP = _under(0, (0, 4, 7)), _under(6, (6, 10, 1), tuple((i + 6) % 12 for i in MAJOR))


def _texture(notes, under=C, piece='one'):
  start, end, pitch = (np.array(column) for column in zip(*notes))
  return data.Texture('pop909cl', piece, pitch, start.astype(float), end.astype(float), under)


def test_a_triad_comes_back_from_any_triad_and_by_a_tritone_an_octave_lower_unless_taken_up():
  chord = _texture([(0, 1, 48), (1, 2, 52), (2, 3, 55)])
  assert data.there_and_back(chord, F_SHARP).tolist() == [48, 52, 55]
  assert data.there_and_back(chord, F_SHARP, octaves=True).tolist() == [36, 40, 43]


def test_a_seventh_is_lost_in_a_triad_s_key():
  """B flat of C7 becomes the seventh of F sharp major's key, E sharp, which comes back as the seventh of C major's, B: what is to be mended."""
  seventh = _texture([(0, 1, 58)], _under(0, (0, 4, 7, 10)))
  there = data.moved(seventh.pitch, seventh.start, seventh.end, data.harmony_of(seventh.under), data.harmony_of(F_SHARP))
  assert there.tolist() == [53] and data.there_and_back(seventh, F_SHARP).tolist() == [59]


def test_chords_and_tune_are_turned_together():
  tune = np.zeros((32, 176), np.uint8)
  tune[0, 60 - LOWEST] = tune[1, KEYS + 60 - LOWEST] = 1
  turned = data.turned(dataclasses.replace(C, tune=tune), 11)
  assert turned.root[0] == 11 and set(np.flatnonzero(turned.tones[0])) == {11, 3, 6}
  assert [tuple(cell) for cell in np.argwhere(turned.tune)] == [(0, 59 - LOWEST), (1, KEYS + 59 - LOWEST)]


def test_windows_are_kept_and_written(tmp_path):
  textures = [_texture([(0, 1, 48), (1, 2.5, 52)]), _texture([(.5, 1, 60)], F_SHARP, 'two')]
  data._write(str(tmp_path / 'train.npz'), textures)
  again = data.load('', 'train', str(tmp_path))
  assert [t.piece for t in again] == ['one', 'two']
  np.testing.assert_array_equal(again[0].roll, textures[0].roll)
  np.testing.assert_array_equal(again[1].under.tones, F_SHARP.tones)
  window = data.example(again[0], again[1].under)
  back = records.read_window(records.write_example(window, windows.TextureConverter()), windows.TextureConverter())
  np.testing.assert_array_equal(back.inputs, window.inputs)
  np.testing.assert_array_equal(back.outputs, textures[0].roll)


def _onsets(*cells):
  found = np.zeros((32, KEYS), bool)
  for step, pitch in cells:
    found[step, pitch - LOWEST] = True
  return found


def test_measures_by_hand():
  tune = np.zeros((32, 176), np.uint8)
  tune[0, 64 - LOWEST] = 1
  tune[1:4, KEYS + 64 - LOWEST] = 1
  under = dataclasses.replace(C, tune=tune)
  found = _onsets((0, 52), (0, 63), (2, 65), (8, 62))
  assert texture.chord_tones(found, under).tolist() == [1, 4]          # E alone
  assert texture.against_tune(found, under).tolist() == [2, 1, 3]     # D sharp and F rub against E; F lies above it; D is beside no tune
  assert texture.f1([(_onsets((0, 60), (1, 60)), _onsets((0, 60)))]) == pytest.approx(2 / 3)
  octaves = texture.by_register(_onsets((0, 59), (0, 60), (0, 71)))
  assert octaves[0].tolist() == [0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]


def test_lengths_go_with_the_notes():
  roll = windows.roll_of(np.array([48, 60]), np.array([0, 1.0]), np.array([1.0, 3]), 32)
  lengths = texture.lengths_of(roll)
  assert lengths[0, 48 - LOWEST] == 4 and lengths[4, 60 - LOWEST] == 8
  score = texture.as_score(_onsets((0, 49), (4, 60)), lengths)
  assert score.start.tolist() == [0, 1] and score.end.tolist() == [1, 3] and score.pitch.tolist() == [49, 60]


def test_all_is_measured(monkeypatch, tmp_path):
  """On random windows with a mender that changes nothing: it has the rule's figures."""
  monkeypatch.setattr(mend, 'weights', lambda bundle: None)
  monkeypatch.setattr(mend, 'logits', lambda inputs, p: np.where(inputs[:, :, :176] > 0, 3.0, -6.0))
  monkeypatch.setattr(two_sample, 'KINDS', {'logistic': two_sample.KINDS['logistic']})
  rng = np.random.default_rng(0)
  make = lambda i, corpus: dataclasses.replace(_texture(
      [(start / 2, start / 2 + .5, int(pitch)) for start, pitch in zip(range(16), rng.choice([48, 52, 55, 60], 16))], piece=f'{corpus}{i}'),
      corpus=corpus)
  textures = [make(i, corpora[0]) for corpora in texture.GROUPS.values() for i in range(12)]
  table = texture.run(textures, 10, str(tmp_path / 'texture'))
  pop = table['pop']
  assert pop['windows'] == 10 and pop['there_and_back']['rule'] == pop['there_and_back']['mended'] == 1
  assert pop['other_chords']['mended']['chord_tones'] == pop['other_chords']['rule']['chord_tones'] == 1
  assert '| pop | 10 |' in (tmp_path / 'texture.md').read_text()


@pytest.mark.slow
def test_from_windows_to_a_bundle(monkeypatch, tmp_path):
  """Windows that lie there are written as records, learned from in two stretches, bundled and measured; records for latents beside."""
  import tensorflow as tf
  monkeypatch.setattr(tf.config.experimental, 'enable_op_determinism', lambda: None)
  rng, folder = np.random.default_rng(0), tmp_path / 'texture'
  folder.mkdir()
  make = lambda i: _texture([(start / 2, start / 2 + .5, int(pitch)) for start, pitch in zip(range(16), rng.choice([48, 52, 55, 58], 16))],
                            F_SHARP if i % 2 else C, str(i))
  for split in ('train', 'validation', 'test'):
    data._write(str(folder / f'{split}.npz'), [make(i) for i in range(6)])
  small = {**train_bundles.TEXTURES, 'num_steps': 3, 'seed': 1, 'eval_every_steps': 2,
           'hparams': 'batch_size=4,units=8,layers=1,heads=2,most_notes=16'}
  recipe = train_bundles.Recipe(first=train_bundles.Recipe(**small), about='Small.', **small)
  made = train_bundles.run('small', '', str(tmp_path), recipes={'small': train_bundles.Textures(recipe)}, show_progress=False)
  assert made['small']['measures']['windows'] == 6 and 'from the weights of 3 steps' in (tmp_path / 'bundles' / 'small' / 'CARD.md').read_text()
  assert mend.weights(str(tmp_path / 'bundles' / 'small'))['out'].shape == (8, 25)
  prefix = data.write_latents(str(folder))
  window = records.read_window(next(tfrecords.read(f'{prefix}-train-00000-of-00001')), windows.LatentTextureConverter())
  assert window.inputs.shape == window.outputs.shape == (32, 176) and window.controls.shape == (32, windows.DEPTH)
