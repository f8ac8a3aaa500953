"""Bundles: there and back, and every way one can be damaged."""
import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst import inference
from musicnst.models import naming


@pytest.fixture(scope='module')
def config():
  return configs.get('polyphonic-2bar', 'width=4,z_size=3')


@pytest.fixture(scope='module')
def model(config):
  return config.build_model()


@pytest.fixture
def folder(model, config, tmp_path):
  bundles.save(model, config, tmp_path / 'bundle', 'A card.', step=12)
  return tmp_path / 'bundle'


@pytest.fixture
def archive(model, config, tmp_path):
  bundles.save(model, config, tmp_path / 'bundle.zip', 'A card.')
  return tmp_path / 'bundle.zip'


def _values(model):
  return {name: np.asarray(variable) for name, variable in naming.named_variables(model).items()}


@pytest.mark.parametrize('name', ['copy', 'copy.zip'])
@pytest.mark.parametrize('dtype', ['float16', 'float32'])
def test_there_and_back(model, config, tmp_path, name, dtype):
  bundles.save(model, config, tmp_path / name, 'A card.', dtype, step=3, threshold=.4)
  loaded, found, info = bundles.load(tmp_path / name)
  assert found.name == config.name and found.hparams == config.hparams
  assert (info['step'], info['threshold'], info['card'], info['dtype']) == (3, .4, 'A card.', dtype)
  for key, value in _values(model).items():
    np.testing.assert_array_equal(_values(loaded)[key], value.astype(dtype).astype(np.float32))


def test_rounded_weights_keep_six_bits_of_mantissa(model, config, tmp_path):
  bundles.save(model, config, tmp_path / 'rounded', dtype=bundles.ROUNDED)
  loaded, _, info = bundles.load(tmp_path / 'rounded')
  assert info['dtype'] == bundles.ROUNDED
  for key, value in _values(model).items():
    mantissa, exponent = np.frexp(value.astype(np.float64))
    normal = np.abs(value) > 2.0 ** -14
    # frexp's mantissa lies in .5 to 1: six bits behind the leading one are 128ths.
    np.testing.assert_allclose(_values(loaded)[key][normal], np.ldexp(mantissa * 128, exponent - 7)[normal], rtol=2 ** -7 + 2 ** -11)
    back = np.frexp(_values(loaded)[key][normal].astype(np.float64))[0] * 128
    np.testing.assert_array_equal(back, np.round(back))


def test_equal_models_give_equal_bytes(model, config, tmp_path):
  for name in 'ab':
    bundles.save(model, config, tmp_path / name)
  assert (tmp_path / 'a' / bundles.WEIGHTS).read_bytes() == (tmp_path / 'b' / bundles.WEIGHTS).read_bytes()


def test_a_folder_that_was_zipped_by_hand_is_read(folder, tmp_path):
  with zipfile.ZipFile(tmp_path / 'hand.zip', 'w') as archive:
    for path in folder.iterdir():
      archive.write(path, f'bundle/{path.name}')
  assert bundles.load(tmp_path / 'hand.zip')[2]['step'] == 12


def test_shipped_bundles_are_found_by_name(folder, tmp_path, monkeypatch):
  monkeypatch.setattr(bundles, 'PRETRAINED', tmp_path)
  assert list(bundles.names()) == ['bundle']
  assert bundles.load('bundle')[2]['step'] == 12


def test_an_unknown_name_lists_those_that_ship(folder, tmp_path, monkeypatch):
  monkeypatch.setattr(bundles, 'PRETRAINED', tmp_path)
  with pytest.raises(errors.ModelNotFoundError, match='no bundle.*that ship: bundle'):
    bundles.load('nothing')


def _rewrite(archive, changes):
  """The .zip with some members' bytes replaced, others added."""
  with zipfile.ZipFile(archive) as old:
    contents = {name: old.read(name) for name in old.namelist()}
  with zipfile.ZipFile(archive, 'w') as new:
    for name, data in {**contents, **changes}.items():
      if data is not None:
        new.writestr(name, data)


def _info(folder, **changes):
  path = folder / bundles.CONFIG
  path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_another_version_is_named(folder):
  _info(folder, format_version=99, musicnst_version='7.0')
  with pytest.raises(errors.ModelNotFoundError, match='bundle format 99, made by musicnst 7.0'):
    bundles.load(folder)


@pytest.mark.parametrize('text', ['', '{', '[]', '{"format": "other", "format_version": 1}', '{"format": "musicnst-bundle", "format_version": 1}'])
def test_a_damaged_config_is_named(folder, text):
  (folder / bundles.CONFIG).write_text(text)
  with pytest.raises(errors.ModelNotFoundError, match='config.json|format None'):
    bundles.load(folder)


def test_an_unknown_config_or_hyperparameter_is_named(folder):
  _info(folder, name='no-such')
  with pytest.raises(errors.ModelNotFoundError, match="unknown config 'no-such'"):
    bundles.load(folder)
  _info(folder, name='polyphonic-2bar', hparams={'no_such': 1})
  with pytest.raises(errors.ModelNotFoundError, match='no_such'):
    bundles.load(folder)


@pytest.mark.parametrize('share', [0, .1, .5, .9, .99])
def test_truncated_weights_are_named(folder, share):
  path = folder / bundles.WEIGHTS
  data = path.read_bytes()
  path.write_bytes(data[:int(len(data) * share)])
  with pytest.raises(errors.ModelNotFoundError, match='model.weights.h5'):
    bundles.load(folder)


@pytest.mark.parametrize('share', [.1, .5, .9, .99])
def test_a_truncated_zip_is_named(archive, share):
  data = archive.read_bytes()
  archive.write_bytes(data[:int(len(data) * share)])
  with pytest.raises(errors.ModelNotFoundError):
    bundles.load(archive)


def test_a_damaged_member_is_named(archive):
  data = bytearray(archive.read_bytes())
  with zipfile.ZipFile(archive) as opened:
    member = opened.getinfo(bundles.WEIGHTS)
  middle = member.header_offset + 60 + member.compress_size // 2
  data[middle:middle + 20] = b'\xff' * 20
  archive.write_bytes(data)
  with pytest.raises(errors.ModelNotFoundError, match='model.weights.h5'):
    bundles.load(archive)


def test_a_missing_file_is_named(folder, archive):
  (folder / bundles.CONFIG).unlink()
  with pytest.raises(errors.ModelNotFoundError, match='config.json is missing'):
    bundles.load(folder)
  _rewrite(archive, {bundles.WEIGHTS: None})
  with pytest.raises(errors.ModelNotFoundError, match='model.weights.h5 is missing'):
    bundles.load(archive)


def test_wrong_shapes_are_named(folder, config):
  _info(folder, hparams={**config.hparams.to_dict(), 'width': 8})
  with pytest.raises(errors.ModelNotFoundError, match='do not fit this config: .* should be'):
    bundles.load(folder)


def test_missing_and_surplus_weights_are_named(model, config):
  weights = _values(model)
  first = next(iter(weights))
  with pytest.raises(errors.ModelNotFoundError, match=f'{first} is missing'):
    bundles.assign(model, {name: value for name, value in weights.items() if name != first}, 'here')
  with pytest.raises(errors.ModelNotFoundError, match='surplus is not in the model'):
    bundles.assign(model, {**weights, 'surplus': np.zeros(1)}, 'here')


def test_names_that_lead_out_of_the_archive_are_not_followed(archive, tmp_path):
  evil = json.dumps({'format': 'musicnst-bundle', 'format_version': 99}).encode()
  _rewrite(archive, {f'../{bundles.CONFIG}': evil, f'/{bundles.CONFIG}': evil, f'..\\{bundles.CONFIG}': evil})
  bundles.load(archive)
  assert sorted(path.name for path in tmp_path.iterdir()) == ['bundle.zip']
  _rewrite(archive, {bundles.CONFIG: None})
  with pytest.raises(errors.ModelNotFoundError, match='config.json is missing'):
    bundles.load(archive)


def test_weights_hold_no_pickles(folder):
  with h5py.File(io.BytesIO((folder / bundles.WEIGHTS).read_bytes())) as archive:
    kinds = []
    archive.visititems(lambda name, item: kinds.append(item.dtype.kind) if isinstance(item, h5py.Dataset) else None)
  assert set(kinds) == {'f'}


def test_values_beyond_float16_are_refused(config, tmp_path):
  model = config.build_model()
  variable = next(iter(naming.named_variables(model).values()))
  variable.assign(np.full(variable.shape, 1e6))
  with pytest.raises(errors.ArgumentError, match='save as float32'):
    bundles.save(model, config, tmp_path / 'bundle')
  assert not (tmp_path / 'bundle').exists()
  bundles.save(model, config, tmp_path / 'bundle', dtype='float32')


def test_any_name_of_a_model_loads(model, config, folder):
  assert inference.load_model(folder)[1].hparams == config.hparams
  with pytest.raises(errors.ModelNotFoundError, match='no bundle, folder or .zip'):
    inference.load_model(folder / 'nothing')
