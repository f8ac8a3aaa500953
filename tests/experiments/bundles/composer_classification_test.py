"""From a folder of MIDI files to bundles, figures and page, on music that the test makes."""
import csv
import json

import numpy as np
import pytest

from experiments.bundles import composer_classification
from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst import music_proto
from musicnst.rendering import midi

COMPOSERS = composer_classification.THIRTEEN
SPLITS = ('train', 'train', 'train', 'validation', 'test')


def _piece(style, seed):
  """20 seconds; each composer has a register and an interval of his own."""
  rng, sequence = np.random.default_rng(seed), music_proto.NoteSequence(ticks_per_quarter=220)
  for i in range(60):
    pitch = 30 + 4 * style + int(rng.integers(0, 3))
    for lift in (0, 1 + style):
      sequence.notes.add(pitch=pitch + lift, velocity=80, start_time=i / 3, end_time=i / 3 + .2)
  sequence.total_time = 20.0
  return sequence


@pytest.fixture(scope='module')
def corpus_root(tmp_path_factory):
  root = tmp_path_factory.mktemp('corpus') / 'maestro-v1.0.0'
  (root / '2004').mkdir(parents=True)
  with open(root / 'maestro-v1.0.0.csv', 'w', newline='', encoding='utf-8') as handle:
    table = csv.DictWriter(handle, ['canonical_composer', 'canonical_title', 'split', 'midi_filename'])
    table.writeheader()
    for style, composer in enumerate(COMPOSERS):
      for number, split in enumerate(SPLITS):
        name = f'2004/{style}_{number}.midi'
        midi.write(_piece(style, 100 * style + number), str(root / name))
        table.writerow({'canonical_composer': composer, 'canonical_title': f'Etude {number}', 'split': split, 'midi_filename': name})
  return root.parent


@pytest.fixture(scope='module')
def encoder(tmp_path_factory):
  config = configs.get('polyphonic-2bar').override(width=4, z_size=6)
  path = tmp_path_factory.mktemp('encoder') / 'tiny'
  bundles.save(config.build_model(), config, str(path))
  return str(path)


@pytest.mark.slow
def test_from_music_to_bundles_and_page(corpus_root, encoder, tmp_path):
  # The top voices are alike on purpose: what they say of compositions is tested elsewhere.
  recipe = composer_classification.Recipe(
      (.01, .1), .1, ((.9, 1),), 'filters=[4],kernels=[4],strides=[4]', 'filters=[4],kernels=[3],strides=[1]', 4,
      lambda pieces: np.arange(len(pieces)))
  config = configs.get('composer-roll', recipe.trunk)
  bundles.save(config.build_model(), config, str(tmp_path / 'trunk'))
  output, made = str(tmp_path / 'composers'), str(tmp_path / 'made')
  results = composer_classification.run(str(corpus_root), output, made, encoder=encoder, roll_trunk=str(tmp_path / 'trunk'), recipe=recipe)
  rows = results['rows']
  # Registers and intervals tell the thirteen apart, whatever the notes.
  assert rows['thirteen, rolls, test']['piece_accuracy'] > .8 and rows['thirteen, rolls, test']['pieces'] == 13
  assert rows['thirteen, rolls, five folds by composition']['macro_f1'] > .9
  assert rows['four, rolls, test']['pieces'] == 4 and {'four, latents, test', 'four, latents, 32 s, test'} <= set(rows)
  assert results['splits']['thirteen'] == {'train': 39, 'validation': 13, 'test': 13, '': 0}
  page = (tmp_path / 'composers.md').read_text()
  assert '| thirteen, rolls, test | 13 |' in page and 'Scarlatti' in page
  for suffix in ('_confusion.png', '_latent_curves.png'):
    assert (tmp_path / f'composers{suffix}').read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'
  stored = json.loads((tmp_path / 'composers.json').read_text())
  assert stored['rows'] == json.loads(json.dumps(rows)) and len(stored['curve']) == 1
  model = bundles.load(str(tmp_path / 'made' / 'composer-13'))[0]
  assert model.classes == COMPOSERS and 'accuracy by segment' in bundles.load(str(tmp_path / 'made' / 'composer-13'))[2]['card']


def test_bundles_of_other_composers_are_refused(corpus_root, tmp_path):
  config = configs.get('composer-13').override(classes=('Satie', *COMPOSERS[1:]))
  bundles.save(config.build_model(), config, str(tmp_path / 'composer-13'))
  four = configs.get('composer-roll', 'filters=[4],kernels=[4],strides=[4]')
  bundles.save(four.build_model(), four, str(tmp_path / 'composer-roll'))
  data = composer_classification.Data(str(corpus_root), '')
  with pytest.raises(errors.ArgumentError, match='Satie'):
    composer_classification.measure_bundles(data, 'rolls', str(tmp_path))
