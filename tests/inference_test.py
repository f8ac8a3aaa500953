"""A trained model on music. The model is untrained and tiny: what is tested is what goes in and out, not how good it is."""
import pickle

import numpy as np
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst import inference
from musicnst import music_proto
from musicnst.training import run_dir as run_dir_lib


@pytest.fixture(scope='module')
def trained():
  config = configs.get('polyphonic-2bar', 'width=8,z_size=4,threshold=.018')
  return inference.TrainedModel(config.build_model(), config, max_batch_size=4)


def _scale(num_beats, qpm=120.0, first=60):
  """One quarter note a beat, rising."""
  sequence = music_proto.NoteSequence(filename='scale.mid')
  sequence.tempos.add(qpm=qpm)
  beat = 60 / qpm
  for i in range(num_beats):
    sequence.notes.add(pitch=first + i % 12, velocity=90, start_time=i * beat, end_time=(i + 1) * beat)
  sequence.total_time = num_beats * beat
  return sequence


def test_encode_gives_a_row_for_every_window(trained):
  # 20 beats are 2 and a half windows of 8 beats; 8 beats are one.
  mean, stddev = trained.encode([_scale(20), _scale(8)])
  assert mean.shape == stddev.shape == (4, 4) and mean.dtype == stddev.dtype == np.float32
  np.testing.assert_allclose(trained.encode(_scale(8))[0], mean[3:], rtol=1e-5)


def test_rows_do_not_depend_on_the_batches_they_go_in(trained):
  whole = trained.encode(_scale(8 * 11))
  other = inference.TrainedModel(trained.model, trained.config, max_batch_size=3).encode(_scale(8 * 11))
  np.testing.assert_allclose(other, whole, rtol=1e-5, atol=1e-6)


def test_encode_is_the_models_own_posterior(trained):
  windows = trained.windows(_scale(8))
  expected = trained.model.encode({'inputs': windows[0].inputs[None].astype(np.float32), 'lengths': np.array([32], np.int32)})
  mean, stddev = trained.encode_windows(windows)
  np.testing.assert_allclose(mean, expected.mean, rtol=1e-5)
  np.testing.assert_allclose(stddev, expected.stddev, rtol=1e-5)


def test_decode_gives_a_sequence_a_row_or_one_for_all(trained):
  latents = np.random.default_rng(0).normal(size=(3, 4))
  apart, joined = trained.decode(latents, qpm=60), trained.decode(latents, qpm=60, join=True)
  assert len(apart) == 3 and len(joined) == 1
  assert joined[0].total_time == pytest.approx(24) and all(s.total_time == pytest.approx(8) for s in apart)
  outputs = trained.decode_outputs(latents)
  assert outputs.shape == (3, 32, 176) and outputs.dtype == np.uint8
  assert len(apart[1].notes) == outputs[1, :, :88].sum() > 0


def test_equal_seeds_give_equal_samples(trained):
  first, again, other = (trained.sample(5, temperature=1.0, seed=seed) for seed in (3, 3, 4))
  assert first == again and first != other and len(first) == 5
  assert len({s.SerializeToString() for s in first}) == 5  # rows of one batch, and of the next one, differ


def test_interpolation_has_both_ends(trained):
  start, end = _scale(8), _scale(8, first=30)
  between = trained.interpolate(start, end, 5)
  ends = trained.decode(trained.encode([start, end])[0])
  assert len(between) == 5 and between[0].notes == ends[0].notes and between[-1].notes == ends[1].notes


def test_an_input_of_several_windows_is_named(trained):
  with pytest.raises(inference.MultipleExtractedExamplesError, match='scale.mid: 3 windows of 32 steps') as caught:
    trained.interpolate(_scale(8), _scale(20), 3)
  assert caught.value.count == 3


def test_slerp_by_hand():
  half = np.sqrt(.5)
  np.testing.assert_allclose(inference.slerp([1, 0], [0, 1], [0, .5, 1]), [[1, 0], [half, half], [0, 1]], atol=1e-6)
  # Along one line, and from the origin, the great circle is not defined: straight.
  np.testing.assert_allclose(inference.slerp([1, 0], [3, 0], [.5]), [[2, 0]])
  np.testing.assert_allclose(inference.slerp([0, 0], [3, 1], [.5]), [[1.5, .5]])


def test_reconstruct_keeps_tempo_and_length(trained):
  result, = trained.reconstruct(_scale(20, qpm=90))
  assert result.tempos[0].qpm == 90
  assert result.total_time == pytest.approx(24 * 60 / 90)


def test_music_without_windows_is_named(trained):
  drums = _scale(8)
  for note in drums.notes:
    note.is_drum = True
  with pytest.raises(inference.NoExtractedExamplesError, match='scale.mid'):
    trained.encode([drums])
  with pytest.raises(inference.NoExtractedExamplesError):
    trained.encode([music_proto.NoteSequence()])


def test_latents_of_another_size_are_named(trained):
  with pytest.raises(errors.ArgumentError, match=r'this model takes \[N, 4\]'):
    trained.decode(np.zeros((2, 5)))
  assert trained.decode(np.zeros((0, 4))) == []


def test_a_classifier_neither_encodes_nor_makes_music():
  config = configs.get('genre-roll', 'filters=[4],kernels=[4],strides=[2]')
  with pytest.raises(errors.AbilityError) as caught:
    inference.TrainedModel(config.build_model(), config)
  assert str(caught.value) == (
      'TrainedModel needs a model that can encode music to latents and decode them or make music from nothing; '
      "config 'genre-roll' cannot: it can classify music, give features of its layers")
  again = pickle.loads(pickle.dumps(caught.value))
  assert str(again) == str(caught.value) and again.reason == 'missing_ability' and again.able == ('classify music', 'give features of its layers')


def _save(trained, folder):
  """A run folder as a training of this model would leave it."""
  run = run_dir_lib.RunDir(folder, create=True)
  run.write_config(trained.config)
  variables = {f'model/{name}': v.value for name, v in run_dir_lib.naming.named_variables(trained.model).items()}
  return tf.train.Checkpoint(variables={**variables, 'step': tf.Variable(7, dtype=tf.int64)}).write(f'{folder}/train/model-7')


def test_loads_from_a_run_folder_and_a_checkpoint(trained, tmp_path):
  prefix = _save(trained, tmp_path / 'run')
  tf.compat.v1.train.update_checkpoint_state(str(tmp_path / 'run' / 'train'), prefix)
  expected = trained.encode(_scale(8))[0]
  for name in (tmp_path / 'run', prefix):
    loaded = inference.TrainedModel.load(name)
    np.testing.assert_allclose(loaded.encode(_scale(8))[0], expected, rtol=1e-6)
    assert loaded.info['step'] == 7


def test_a_checkpoint_outside_a_run_folder_needs_a_config(trained, tmp_path):
  prefix = _save(trained, tmp_path / 'run')
  (tmp_path / 'run' / 'config.json').unlink()
  with pytest.raises(errors.ModelNotFoundError, match='--config'):
    inference.load_model(prefix)
  assert inference.load_model(prefix, trained.config)[2]['step'] == 7


def test_an_empty_run_folder_is_named(trained, tmp_path):
  run_dir_lib.RunDir(tmp_path, create=True).write_config(trained.config)
  with pytest.raises(errors.ModelNotFoundError, match='without a checkpoint'):
    inference.load_model(tmp_path)
  (tmp_path / 'config.json').write_text('{"name": 3')
  with pytest.raises(errors.ModelNotFoundError, match='not the config of a run'):
    inference.load_model(tmp_path)
