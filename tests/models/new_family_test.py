"""A family that is new to the package needs one line in `configs.FAMILIES`: it is listed, trained, bundled, used and tested like the others."""
import pytest
import tensorflow as tf

from musicnst import configs
from musicnst import errors
from musicnst import inference
from musicnst.cli import command
from musicnst.cli import list as list_verb
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.models import base
from musicnst.reading import midi
from musicnst.representations import testing
from musicnst.training import loop
from tests.models import contract
from tests.models import toy_family


@pytest.fixture(autouse=True)
def registered(monkeypatch):
  monkeypatch.setattr(configs, 'FAMILIES', (*configs.FAMILIES, 'tests.models.toy_family'))


@pytest.fixture
def run_dir(tmp_path):
  """A run of two steps on a random tune."""
  config = configs.get('toy-bigrams')
  converter = config.build_converter()
  windows = converter.to_windows(testing.melody(16, 0))
  (tmp_path / 'w').write_bytes(b''.join(tfrecords.frame(records.write_example(window, converter)) for window in windows))
  loop.train(config, str(tmp_path / 'run'), str(tmp_path / 'w'), num_steps=2, show_progress=False)
  return tmp_path / 'run'


@pytest.mark.parametrize('name', toy_family.CONFIGS)
def test_it_keeps_the_contract(name, tmp_path):
  contract.run_model_contract(configs.families()[-1], name, tmp_path)


def test_it_is_listed():
  assert 'toy-bigrams' in list_verb.run(('configs',)) and 'what follows what' in list_verb.run(('configs',))


def test_from_windows_to_a_bundle_to_music(run_dir, tmp_path, capsys):
  bundle, out = tmp_path / 'toy.zip', tmp_path / 'out'
  assert command.execute(['bundle', f'--run_dir={run_dir}', f'--output={bundle}', '--dtype=float32']) == 0
  arguments = ['generate', f'--model={bundle}', '--num_outputs=3', f'--output_dir={out}', '--seed=1', '--temperature=1', '--max_batch_size=2']
  assert command.execute(arguments) == 0
  sequences = [midi.read(path) for path in sorted(out.iterdir())]
  assert len(sequences) == 3 and any(sequence.notes for sequence in sequences)
  trained = inference.TrainedModel.load(str(bundle), max_batch_size=2)
  assert trained.sample(3, seed=1) == trained.sample(3, seed=1) != trained.sample(3, seed=2)
  capsys.readouterr()
  assert command.execute(['generate', f'--model={bundle}', '--mode=reconstruct', f'--input_midi_1={next(out.iterdir())}']) == command.USER_ERROR
  said = capsys.readouterr().err
  assert "reconstruction needs a model that can encode music to latents and decode them; config 'toy-bigrams' cannot: it can make music" in said


def test_what_it_cannot_do_is_named(run_dir):
  trained = inference.TrainedModel.load(str(run_dir))
  tune = testing.melody(4, 0)
  for action in (lambda: trained.encode(tune), lambda: trained.interpolate(tune, tune, 3), lambda: trained.z_size):
    with pytest.raises(errors.AbilityError, match="config 'toy-bigrams' cannot: it can make music from nothing$"):
      action()


def test_a_translation_is_asked_for_by_its_ability():
  model = configs.get('toy-rolls').build_model()
  assert base.require(model, base.TranslationModel, 'a test') is model and base.abilities(model) == ['translate windows from one domain to another']
  batch = toy_family.FAMILY.batch(configs.get('toy-rolls'), 2, 0)
  assert batch['inputs'].shape == (2, 16, 10) and batch['outputs'].shape == (2, 16, 9)
  assert model.translate(tf.constant(batch['inputs'])).shape == (2, 16, 9)
  with pytest.raises(errors.AbilityError, match='TrainedModel needs a model that can'):
    inference.TrainedModel(model, configs.get('toy-rolls'))
