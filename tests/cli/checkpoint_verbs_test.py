"""Magenta's checkpoints by the command line: in, out, and straight into every verb."""
import json
import os
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst.cli import command
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base
from tests.models import magenta_weights

SOURCE = magenta_weights.CARRIED / 'cat-mel_2bar_big'
CONFIG = ('--config=cat-mel_2bar_big', '--hparams=z_size=16,enc_rnn_size=[24],dec_rnn_size=[24,24,24],batch_size=4')


@pytest.fixture(scope='module', autouse=True)
def process_settings():
  """The verb train asks for deterministic kernels in the whole process; other tests should not have them."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(tf.config.experimental, 'enable_op_determinism', lambda: None)
    yield


@pytest.fixture
def run(capsys):
  """`run(*arguments)` -> (exit code, what was printed, what was said on stderr)."""

  def execute(*arguments):
    capsys.readouterr()
    code = command.execute([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err

  return execute


@pytest.fixture
def archive(tmp_path):
  with tarfile.open(tmp_path / 'mel.tar', 'w') as made:
    for ending in ('index', 'data-00000-of-00001'):
      made.add(SOURCE / f'model.ckpt.{ending}', f'model.ckpt.{ending}')
  return tmp_path / 'mel.tar'


@pytest.fixture(scope='module')
def windows(tmp_path_factory):
  golden, converter = np.load(SOURCE / 'golden.npz'), magenta_weights.config(SOURCE).build_converter()
  path = tmp_path_factory.mktemp('windows') / 'w.tfrecord'
  path.write_bytes(b''.join(
      tfrecords.frame(records.write_example(base.Window(x.astype(np.uint8), x.astype(np.uint8), 32, labels={'id': str(i)}), converter))
      for i, x in enumerate(golden['input_sequence'])))
  return path


def test_in_and_out_again(run, archive, tmp_path):
  code, printed, _ = run('import_checkpoint', f'--checkpoint_file={archive}', f'--output={tmp_path / "mel.zip"}', *CONFIG, '--card=Mine.')
  assert code == 0 and 'cat-mel_2bar_big, step 31337, with optimizer state after 37 updates' in printed
  assert bundles.load(tmp_path / 'mel.zip')[2]['card'] == 'Mine.'
  assert run('export_checkpoint', f'--model={tmp_path / "mel.zip"}', f'--output={tmp_path / "again" / "model.ckpt"}')[0] == 0
  first, second = (tf.train.load_checkpoint(str(path)) for path in (SOURCE / 'model.ckpt', tmp_path / 'again' / 'model.ckpt'))
  assert second.get_variable_to_shape_map() == first.get_variable_to_shape_map()
  for name in first.get_variable_to_shape_map():
    np.testing.assert_allclose(second.get_tensor(name), first.get_tensor(name), rtol=1e-6, atol=0)
  code, _, _ = run('export_checkpoint', f'--model={archive}', f'--output={tmp_path / "public.tgz"}', '--notraining', *CONFIG)
  with tarfile.open(tmp_path / 'public.tgz') as made:
    assert code == 0 and made.getnames() == ['public.ckpt.index', 'public.ckpt.data-00000-of-00001']
  code, printed, _ = run('import_checkpoint', f'--checkpoint_file={tmp_path / "public.tgz"}', f'--output={tmp_path / "public"}', *CONFIG)
  assert code == 0 and 'step 31337, without optimizer state' in printed


@pytest.mark.slow
def test_generate_takes_them_as_they_are(run, archive, tmp_path):
  for number, source in enumerate((archive, SOURCE / 'model.ckpt')):
    code, printed, said = run(
        'generate', f'--checkpoint_file={source}', *CONFIG, '--num_outputs=2', f'--output_dir={tmp_path / str(number)}', '--seed=3')
    assert code == 0 and len(printed.split()) == 2, said
  first, second = (sorted((tmp_path / str(number)).iterdir()) for number in range(2))
  assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.slow
def test_evaluate_takes_them_as_they_are(run, archive, windows, tmp_path):
  code, _, said = run('evaluate', f'--checkpoint_file={archive}', *CONFIG, f'--examples_path={windows}', f'--output={tmp_path / "r.json"}')
  report, golden = json.loads((tmp_path / 'r.json').read_text()), np.load(SOURCE / 'golden.npz')
  assert code == 0 and report['step'] == 31337, said
  assert report['measures']['kl_nats'] == pytest.approx(np.mean(golden['enc/kl_bits']) * np.log(2), rel=1e-4)


@pytest.mark.slow
def test_train_goes_on_and_what_it_made_is_exported(run, archive, windows, tmp_path):
  arguments = (f'--run_dir={tmp_path / "run"}', f'--examples_path={windows}', '--log=WARN', '--checkpoint_every_secs=0')
  code, _, said = run('train', *CONFIG, *arguments, f'--checkpoint_file={archive}', '--num_steps=31339')
  assert code == 0, said
  assert run('train', *arguments, '--num_steps=31340')[0] == 0
  assert run('export_checkpoint', f'--model={tmp_path / "run"}', f'--output={tmp_path / "model.ckpt"}')[0] == 0
  reader = tf.train.load_checkpoint(str(tmp_path / 'model.ckpt'))
  assert reader.get_tensor('global_step') == 31340
  assert reader.get_tensor('beta1_power') == pytest.approx(.9 ** 41, rel=1e-6)
  assert reader.get_tensor('beta2_power') == pytest.approx(.999 ** 41, rel=1e-6)
  start = tf.train.load_checkpoint(str(SOURCE / 'model.ckpt'))
  assert not np.array_equal(reader.get_tensor('encoder/mu/kernel'), start.get_tensor('encoder/mu/kernel'))


@pytest.mark.slow
def test_a_wrong_config_is_one_line_and_writes_nothing(run, archive, tmp_path):
  before = sorted(os.listdir(tmp_path))
  for verb, *more in (('import_checkpoint', f'--output={tmp_path / "b"}'), ('generate', f'--output_dir={tmp_path / "g"}')):
    code, printed, said = run(verb, f'--checkpoint_file={archive}', '--config=hierdec-trio_16bar', *more)
    assert code == 2 and not printed and said.count('\n') == 1 and 'It fits --config=cat-mel_2bar_small --hparams=' in said
  code, _, said = run('generate', f'--checkpoint_file={archive}', f'--output_dir={tmp_path / "g"}')
  assert code == 2 and 'name the config of this checkpoint with --config' in said
  code, _, said = run('export_checkpoint', '--model=polyphonic-2bar', f'--output={tmp_path / "b"}')
  assert code == 2 and 'only recurrent MusicVAE models' in said
  code, _, said = run('export_checkpoint', '--model=no-such', f'--output={tmp_path / "b"}')
  assert code == 2 and 'no bundle, folder or .zip of that name' in said
  assert sorted(os.listdir(tmp_path)) == before
