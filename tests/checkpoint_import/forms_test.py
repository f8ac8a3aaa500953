"""Every form of a checkpoint gives the values that TensorFlow's own reader finds in it."""
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst import checkpoint_import
from musicnst import inference
from musicnst.checkpoint_import import importing
from musicnst.checkpoint_import import table
from musicnst.checkpoint_import import tensor_bundle
from musicnst.models import naming
from tests.models import magenta_weights

HPARAMS = 'z_size=16,enc_rnn_size=[24],dec_rnn_size=[24,24,24]'


def _check(model, source):
  """That every weight is the one that TensorFlow reads under Magenta's name."""
  reader, ours = tf.train.load_checkpoint(str(source / 'model.ckpt')), naming.named_variables(model)
  rows = table.of_model(model)
  assert {row.ours for row in rows} == set(ours) and len(rows) == 18
  for row in rows:
    np.testing.assert_array_equal(ours[row.ours], reader.get_tensor(row.magenta))


def test_every_tensor_is_what_tensorflow_reads(source):
  reader = tf.train.load_checkpoint(str(source / 'model.ckpt'))
  with tensor_bundle.Checkpoint(source / 'model.ckpt') as checkpoint:
    assert {name: list(shape) for name, shape in checkpoint.shapes.items()} == reader.get_variable_to_shape_map()
    for name, value in checkpoint.tensors(checkpoint.shapes):
      expected = reader.get_tensor(name)
      assert value.dtype == expected.dtype
      np.testing.assert_array_equal(value, expected)


def test_several_data_files_other_types_and_an_index_of_many_blocks(tmp_path):
  """TensorFlow writes 600 tensors of all types in three shards."""
  random = np.random.default_rng(0)
  values = {f'layer_{i:03d}/{"kernel" * (i % 7 + 1)}': random.normal(size=(i % 5, 3)).astype(np.float32) for i in range(600)}
  values.update(half=np.float16([1.5, -2]), double=np.float64(np.pi), flag=np.array([True, False]), count=np.int64(-3), small=np.int32([7]))
  names, parts = sorted(values), []
  for shard in range(3):
    mine = names[shard::3]
    parts.append(str(tmp_path / f'part{shard}'))
    tf.raw_ops.SaveV2(prefix=parts[-1], tensor_names=mine, shape_and_slices=[''] * len(mine), tensors=[tf.constant(values[n]) for n in mine])
  tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(tmp_path / 'whole'))
  with tensor_bundle.Checkpoint(tmp_path / 'whole') as checkpoint:
    assert checkpoint.num_shards == 3 and set(checkpoint.shapes) == set(values)
    for name, value in checkpoint.tensors(names):
      np.testing.assert_array_equal(value, values[name])
      assert value.dtype == values[name].dtype and value.shape == values[name].shape


@pytest.mark.parametrize('form', ['prefix', 'index', 'folder', 'folder of several', 'run folder', 'tar', 'tgz', 'tar in a folder', 'tar.gz'])
def test_every_form_loads(form, source, checkpoint, packed, tmp_path):
  path = {'prefix': lambda: checkpoint, 'index': lambda: f'{checkpoint}.index', 'folder': lambda: tmp_path,
          'folder of several': lambda: _several(tmp_path), 'run folder': lambda: _run_folder(tmp_path),
          'tar': lambda: packed('a.tar'), 'tgz': lambda: packed('a.tgz', 'w:gz'), 'tar.gz': lambda: packed('a.tar.gz', 'w:gz'),
          'tar in a folder': lambda: packed('mel.tar', prefix='./cat-mel/')}[form]()
  _check(checkpoint_import.load_magenta('cat-mel_2bar_big', path, HPARAMS), source)


def _several(folder):
  """Two checkpoints, of which the state file names the right one."""
  for ending in ('index', 'data-00000-of-00001'):
    shutil.copy(folder / f'model.ckpt.{ending}', folder / f'model.ckpt-99.{ending}')
    (folder / f'model.ckpt.{ending}').write_bytes(b'not this one')
  (folder / 'checkpoint').write_text('model_checkpoint_path: "/elsewhere/model.ckpt-99"\nall_model_checkpoint_paths: "/elsewhere/model.ckpt-1"\n')
  return folder


def _run_folder(folder):
  """As Magenta's training leaves it, without the state file: the last step counts."""
  (folder / 'train').mkdir()
  for ending in ('index', 'data-00000-of-00001'):
    (folder / 'train' / f'model.ckpt-99.{ending}').write_bytes(b'not this one')
    shutil.move(folder / f'model.ckpt.{ending}', folder / 'train' / f'model.ckpt-100.{ending}')
  return folder


@pytest.mark.slow
def test_the_only_config_that_fits_need_not_be_named(request):
  path = request.getfixturevalue('shared') / 'fixtures' / 'magenta' / 'hierdec-trio_16bar' / 'model_public_style.ckpt'
  model, config, info = inference.load_model(path)
  assert config.name == 'hierdec-trio_16bar' and config.hparams.z_size == 16 and info['step'] == 31337 and model.z_size == 16


def test_a_bundle_of_it_holds_weights_and_moments(source, config, packed, tmp_path):
  found = importing.to_bundle(config, packed('a.tar'), tmp_path / 'bundle.zip')
  assert found == {'step': 31337, 'updates': 37}  # the fixture's beta powers are .9 ** 38 and .999 ** 38
  model, loaded, info = bundles.load(tmp_path / 'bundle.zip')
  _check(model, source)
  assert loaded.hparams == config.hparams and info['step'] == 31337 and info['dtype'] == 'float32' and 'a.tar' in info['card']
  reader = tf.train.load_checkpoint(str(source / 'model.ckpt'))
  with bundles.training_state(tmp_path / 'bundle.zip') as (step, updates, moments):
    assert (step, updates, len(moments)) == (31337, 37, 36)
    for row in table.of_model(model):
      np.testing.assert_array_equal(moments[f'm/{row.ours}'], reader.get_tensor(f'{row.magenta}/Adam'))
      np.testing.assert_array_equal(moments[f'v/{row.ours}'], reader.get_tensor(f'{row.magenta}/Adam_1'))


def test_a_bundle_without_moments_says_so(source, config, tmp_path):
  assert importing.to_bundle(config, source / 'model.ckpt', tmp_path / 'bundle', 'float16', with_training=False) == {'step': 31337, 'updates': None}
  with bundles.training_state(tmp_path / 'bundle') as (step, updates, moments):
    assert (step, updates, moments) == (31337, 0, {})
  assert not (tmp_path / 'bundle' / bundles.TRAINING).exists()


@pytest.mark.slow
@pytest.mark.parametrize('name', magenta_weights.NAMES)
def test_what_it_decodes_is_what_magenta_decoded(name, request):
  """Latents of the fixture -> notes: the imported model and its converter together."""
  path = magenta_weights.folder(name, request)
  config = magenta_weights.config(path)
  trained = inference.TrainedModel(*importing.load_found(config, path / 'model.ckpt'))
  latents = np.load(path / 'golden.npz')['decode/z']
  expected = json.loads((path / 'decoded_note_sequences.json').read_text())
  for sequence, theirs in zip(trained.decode(latents, length=magenta_weights.info(path)['decode']['length']), expected, strict=True):
    ours = sorted((n.pitch, n.velocity, n.start_time, n.end_time, n.instrument, n.program, n.is_drum) for n in sequence.notes)
    np.testing.assert_allclose(np.array(ours, np.float64), np.array(sorted(map(tuple, theirs['notes'])), np.float64), rtol=0, atol=1e-9)
    assert sequence.tempos[0].qpm == theirs['qpm'] and sequence.total_time == pytest.approx(theirs['total_time'])
