"""Every way a checkpoint can be wrong has its error, and nothing is written."""
import io
import os
import shutil
import struct
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from musicnst import checkpoint_import
from musicnst import configs
from musicnst import errors
from musicnst.checkpoint_import import importing
from tests.models import magenta_weights

DATA, INDEX = '.data-00000-of-00001', '.index'


@pytest.fixture
def refused(config, tmp_path):
  """`refused(path, match)`: importing says so and leaves nothing behind."""

  def check(path, match, its_config=config):
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(errors.CheckpointError, match=match) as caught:
      importing.to_bundle(its_config, path, tmp_path / 'bundle')
    assert str(path) in str(caught.value) and sorted(os.listdir(tmp_path)) == before
    return str(caught.value)

  return check


def _cut(path, share):
  data = path.read_bytes()
  path.write_bytes(data[:int(len(data) * share)])


@pytest.mark.parametrize('ending', [DATA, INDEX])
def test_a_missing_file_is_named(refused, checkpoint, ending):
  os.remove(f'{checkpoint}{ending}')
  refused(checkpoint, f'model.ckpt{ending} is missing')


@pytest.mark.parametrize('ending', [DATA, INDEX])
def test_a_missing_member_is_named(refused, packed, ending):
  refused(packed('a.tar', names=[f'model.ckpt{INDEX if ending == DATA else DATA}']), f'model.ckpt{ending} is missing')


@pytest.mark.parametrize('share', [0, .01, .3, .9, .999])
def test_truncated_data_is_told(refused, checkpoint, share):
  _cut(checkpoint.with_name(f'model.ckpt{DATA}'), share)
  refused(checkpoint, 'cut short')


@pytest.mark.parametrize('share', [0, .1, .5, .99])
def test_a_truncated_index_is_told(refused, checkpoint, share):
  _cut(checkpoint.with_name(f'model.ckpt{INDEX}'), share)
  refused(checkpoint, 'its .index is damaged')


@pytest.mark.parametrize('share', [0, .001, .1, .5, .95])
@pytest.mark.parametrize('name, mode', [('a.tar', 'w'), ('a.tgz', 'w:gz')])
def test_a_truncated_archive_is_told(refused, packed, name, mode, share):
  path = packed(name, mode)
  _cut(path, share)
  refused(path, 'not a complete archive|is missing|holds no checkpoint|cut short')


@pytest.mark.parametrize('ending, position', [(DATA, .1), (DATA, .7), (INDEX, .3)])
def test_damage_in_the_middle_is_told(refused, checkpoint, ending, position):
  path = checkpoint.with_name(f'model.ckpt{ending}')
  data = bytearray(path.read_bytes())
  data[int(len(data) * position)] ^= 0x10
  path.write_bytes(data)
  refused(checkpoint, 'checksum|damaged')


def test_what_is_no_checkpoint_is_told(refused, tmp_path):
  refused(tmp_path / 'nothing.ckpt', 'no checkpoint there')
  (tmp_path / 'empty').mkdir()
  refused(tmp_path / 'empty', 'holds no checkpoint')
  (tmp_path / 'text.tar').write_text('a page that says: not found')
  refused(tmp_path / 'text.tar', 'not a complete archive')
  (tmp_path / 'text.index').write_text('a page that says: not found' * 9)
  refused(tmp_path / 'text', 'its .index is damaged')


def test_several_checkpoints_are_listed(refused, checkpoint, tmp_path):
  for ending in (DATA, INDEX):
    shutil.copy(f'{checkpoint}{ending}', tmp_path / f'other{ending}')
  refused(tmp_path, 'holds 2 checkpoints; name one: model.ckpt, other')


def _archive(tmp_path, members):
  path = tmp_path / 'evil.tar'
  with tarfile.open(path, 'w') as archive:
    for member in members:
      member.size = 0 if member.islnk() or member.issym() else 3
      archive.addfile(member, io.BytesIO(b'abc'))
  return path


def _member(name, kind=tarfile.REGTYPE, target=''):
  member = tarfile.TarInfo(name)
  member.type, member.linkname = kind, target
  return member


@pytest.mark.parametrize('name', ['/tmp/model.ckpt.index', '../model.ckpt.index', 'a/../../model.ckpt.index', '..\\model.ckpt.index', 'C:\\x.index'])
def test_names_that_lead_outside_are_refused(refused, tmp_path, name):
  refused(_archive(tmp_path, [_member('model.ckpt.index'), _member(name)]), 'refused.*outside')


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(refused, tmp_path, kind):
  refused(_archive(tmp_path, [_member('model.ckpt.index', kind, '/etc/passwd')]), 'refused.*link or a device')


# === Another config, another model ===

@pytest.mark.slow
def test_the_wrong_config_is_told_the_right_one(refused, source):
  said = refused(source / 'model.ckpt', 'is not a checkpoint of config', configs.get('cat-drums_2bar_small'))
  assert '--config=cat-mel_2bar_big --hparams=z_size=16,enc_rnn_size=[24],dec_rnn_size=[24,24,24]' in said
  for expected in ('asks for, and the checkpoint lacks: encoder/cell_0/bidirectional_rnn/fw/multi_rnn_cell/cell_0/lstm_cell/kernel (522, 2048)',
                   'holds, and the config has no place for: decoder/multi_rnn_cell/cell_0/lstm_cell/bias (96,)'):
    assert expected in said
  with pytest.raises(errors.CheckpointError, match='enc_rnn_size=\\[24\\]'):
    checkpoint_import.load_magenta('cat-mel_2bar_big', source / 'model.ckpt')
  with pytest.raises(errors.CheckpointError, match='not of Magenta.*It fits --config'):
    checkpoint_import.load_magenta('polyphonic-2bar', source / 'model.ckpt')


@pytest.mark.slow
def test_the_right_one_among_other_fixtures(request):
  for name in magenta_weights.NAMES[1:]:
    path = magenta_weights.folder(name, request) / 'model_public_style.ckpt'
    with pytest.raises(errors.CheckpointError, match=f'It fits --config={name} '):
      checkpoint_import.load_magenta('cat-mel_2bar_small', path)


def _written(folder, tensors):
  names = sorted(tensors)
  tf.raw_ops.SaveV2(prefix=str(folder / 'new.ckpt'), tensor_names=names, shape_and_slices=[''] * len(names),
                    tensors=[tf.constant(tensors[name]) for name in names])
  return folder / 'new.ckpt'


@pytest.fixture
def tensors(source):
  reader = tf.train.load_checkpoint(str(source / 'model.ckpt'))
  return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def test_another_model_is_told(refused, tmp_path):
  path = _written(tmp_path, {'fully_connected/weights': np.zeros((3, 4), np.float32), 'global_step': np.int64(1)})
  said = refused(path, 'fits none of the configs')
  assert 'has no place for: fully_connected/weights (3, 4).' in said and 'lacks: encoder/cell_0' in said


def test_one_variable_too_few_and_one_too_many(refused, tensors, tmp_path):
  del tensors['encoder/mu/bias']
  tensors['encoder/cell_9/extra'] = np.zeros(3, np.float32)
  said = refused(_written(tmp_path, tensors), 'is not a checkpoint')
  assert 'lacks: encoder/mu/bias (16,). The checkpoint holds, and the config has no place for: encoder/cell_9/extra (3,).' in said


def test_training_only_variables_of_any_kind_are_no_harm(config, tensors, tmp_path):
  tensors['encoder/cell_0/bidirectional_rnn/fw/cudnn_lstm/opaque_kernel'] = np.zeros(7, np.float32)
  tensors['encoder/cell_0/bidirectional_rnn/fw/cudnn_lstm/opaque_kernel/Adam'] = np.zeros(7, np.float32)
  del tensors['encoder/cell_0/bidirectional_rnn/fw/multi_rnn_cell/cell_0/lstm_cell/kernel/Adam']
  with importing.Import(config, _written(tmp_path, tensors)) as found:
    assert found.updates is None and not list(found.moments()) and len(list(found.weights())) == 18  # moments that are not all there are none


def test_weights_that_are_no_numbers_of_the_right_kind(refused, tensors, tmp_path):
  tensors['encoder/mu/bias'] = np.zeros(16, np.int32)
  refused(_written(tmp_path, tensors), 'encoder/mu/bias is of type int32')


def test_powers_that_are_none_are_told(refused, tensors, tmp_path):
  tensors['beta2_power'] = np.float32(-3)
  refused(_written(tmp_path, tensors), 'beta2_power is -3.0')


@pytest.mark.parametrize('power, step, updates', [
    (.999 ** 38, 31337, 37), (.999, 0, 0), (.999 ** 5001, 5000, 5000), (float(np.float32(.999) ** 5001) * 1.001, 5000, 5000), (0.0, 400000, 400000)])
def test_updates_by_the_powers(config, tensors, tmp_path, power, step, updates):
  tensors.update(beta2_power=np.float32(power), global_step=np.int64(step))
  with importing.Import(config, _written(tmp_path, tensors)) as found:
    assert (found.step, found.updates) == (step, updates)


def test_a_checkpoint_without_a_step(config, tensors, tmp_path):
  tensors = {name: value for name, value in tensors.items() if not name.endswith(('Adam', 'Adam_1', 'power', 'step'))}
  with importing.Import(config, _written(tmp_path, tensors)) as found:
    assert (found.step, found.updates) == (0, None)


def test_an_index_that_lies_about_its_sizes(refused, checkpoint):
  path = checkpoint.with_name('model.ckpt.index')
  data = path.read_bytes()
  path.write_bytes(data[:-48] + b'\xff' * 9 + b'\x01' + data[-38:])
  refused(checkpoint, 'damaged')
  path.write_bytes(struct.pack('<Q', 0xDB4775248B80FB57) * 6)
  refused(checkpoint, 'damaged')
