"""The experiments on CycleGAN from windows to tables and figures, on random music; their measures by hand."""
import csv
import json
import time
import types

import numpy as np
import pytest

from experiments import windows as windows_lib
from experiments.papers import recipes as common
from experiments.papers.cyclegan import figure1 as cyclegan_figure1
from experiments.papers.cyclegan import figure2 as cyclegan_figure2
from experiments.papers.cyclegan import measure
from experiments.papers.cyclegan import recipes
from experiments.papers.cyclegan import table1 as cyclegan_table1
from experiments.papers.cyclegan import train as cyclegan_train
from experiments.papers.cyclegan import validation_history
from musicnst import configs
from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import base

GENRES = ('jazz', 'classical', 'pop')
MODEL = 'cyclegan-full_classical_pop-small'


class Shift:
  """Stands where a CycleGAN stands: to B everything goes up a semitone, to A down."""

  classes = ('classical', 'pop')

  def translate(self, rolls, target):
    return np.roll(rolls, 1 if target == 1 else -1, axis=2) * .9


def odd_columns(rolls):
  """Logits (classical, pop): pop where most of what sounds lies on odd columns."""
  odd = rolls[:, :, 1::2].sum((1, 2)) - rolls[:, :, ::2].sum((1, 2))
  return np.stack([-odd, odd], 1)


def roll_of(*columns):
  roll = np.zeros((64, 84), np.float32)
  roll[:4, list(columns)] = 1
  return roll


def test_measures_by_hand():
  classifier = types.SimpleNamespace(classes=('classical', 'pop'))
  classify = lambda rolls: odd_columns(rolls)
  classify.classes = classifier.classes
  rolls = {'classical': np.stack([roll_of(2), roll_of(4, 6), roll_of(3)]), 'pop': np.stack([roll_of(1)])}
  to_pop, to_classical = measure.both(Shift(), classify, rolls)
  # Two of three are heard as classical, move to odd columns and come back; the third goes the other way.
  assert to_pop.shares() == {'source': 2 / 3, 'transferred': 1 / 3, 'cycled': 2 / 3, 'cycled_decided': 2 / 3}
  assert to_pop.strength() == pytest.approx(1 / 3) and to_pop.success() == pytest.approx(2 / 3)
  assert to_classical.strength() == 1
  p = 1 / (1 + np.exp(-8.))
  np.testing.assert_allclose(to_classical.probabilities['source'], [p], rtol=1e-6)
  assert to_classical.strength(hits=False) == pytest.approx(2 * p - 1)
  np.testing.assert_array_equal(to_pop.change.total, [2, 2, 2])
  found = measure.summary((to_pop, to_classical))
  assert found['s_tot_hits'] == pytest.approx((1 / 3 + 1) / 2) and found['content_change'] == 2
  assert found['directions']['pop-classical']['content_change']['added'] == {'mean': 1, 'std': 0}
  assert found['directions']['classical-pop']['content_change_there_and_back'] == {'mean': 0, 'std': 0}


@pytest.fixture(scope='module')
def work(tmp_path_factory):
  """A work folder with random windows, and models trained for two steps."""
  folder, rng = tmp_path_factory.mktemp('cyclegan'), np.random.default_rng(0)
  converter = configs.get(MODEL).build_converter()
  (folder / 'windows').mkdir()
  prefix = folder / 'windows' / 'windows.tfrecord'
  for split in ('train', 'validation', 'test'):
    windows = [base.Window(roll, roll, 64, labels={'genre': GENRES[i % 3]}) for i, roll in enumerate(rng.random((24, 64, 84)) < .05)]
    (folder / 'windows' / f'windows.tfrecord-{split}-00000-of-00001').write_bytes(
        b''.join(tfrecords.frame(records.write_example(window, converter)) for window in windows))
  (folder / 'windows' / 'windows.tfrecord.report.json').write_text('{}')
  tiny = lambda name, seed: common.Recipe(
      name, 2, 'width=2,batch_size=2' + ('' if name.startswith('genre') else ',critic_width=2,blocks=1'), seed, eval_every_steps=2)
  names = ['genre-phrase_classical_pop', 'genre-phrase_jazz_classical', MODEL]
  started = time.process_time()
  done = cyclegan_train.run(names, 'unused', str(folder), show_progress=False, seed=3, recipe_of=tiny)
  assert done == dict.fromkeys(names, True)
  return folder, str(prefix), time.process_time() - started


@pytest.mark.slow
def test_from_windows_to_table_and_figures(work, tmp_path, figures):
  folder, prefix, seconds = work
  output = str(tmp_path / 'table1')
  found = cyclegan_table1.run(prefix, str(folder), output, snippets_dir=str(tmp_path / 'snippets'))
  entry = found['models'][MODEL]
  assert found['windows'] == dict.fromkeys(GENRES, 8) and entry['steps'] == 2
  spent = [json.loads((folder / 'bundles' / f'{name}.json').read_text()) for name in
           ('genre-phrase_classical_pop', 'genre-phrase_jazz_classical', MODEL)]
  assert entry['training'] == spent[-1] and entry['training']['seed'] == 3
  # All three together took what this process measured, each rounded to a tenth.
  assert sum(one['processor_seconds'] for one in spent) == pytest.approx(seconds, abs=.05 * 3 + .1 * seconds)
  seen = json.loads((folder / 'bundles' / f'{MODEL}.validation.json').read_text())
  assert [point['step'] for point in seen] == [2] and entry['late'] == {name: seen[0][name] for name in ('s_tot_hits', 'content_change')}
  assert set(entry['directions']) == {'classical-pop', 'pop-classical'}
  shares = [direction['share_heard_as_source'] for direction in entry['directions'].values()]
  strengths = [((share['source'] - share['transferred']) + (share['cycled'] - share['transferred'])) / 2 for share in shares]
  assert entry['s_tot_hits'] == pytest.approx(np.mean(strengths), abs=1e-4)
  text = (tmp_path / 'table1.md').read_text()
  assert text.count(MODEL) == 3 and 'genre-phrase_classical_pop' in text
  again = cyclegan_table1.run(prefix, str(folder), output)
  assert again['models'][MODEL]['directions'] == entry['directions']
  figure = cyclegan_figure1.run(output + '.json', str(tmp_path / 'figure1'))
  assert figure['strengths'][0]['variant'] == 'Baseline' and (tmp_path / 'figure1.png').read_bytes()[:4] == b'\x89PNG'
  left, right = figures[0].axes
  assert [bar.get_height() for bar in left.patches] == [pytest.approx(entry['s_tot_hits'], abs=1e-4)]
  assert right.collections[0].get_offsets().tolist() == [pytest.approx([entry['content_change'], entry['s_tot_hits']], abs=1e-4)]
  seen = cyclegan_figure2.run(f'{prefix}-test-*', str(folder / 'bundles' / cyclegan_figure2.CLASSIFIER), str(tmp_path / 'figure2'))
  assert set(seen) == {'jazz', 'classical'} and (tmp_path / 'figure2.svg').read_text().startswith('<svg')


def test_listeners_against_content_change(tmp_path):
  table = tmp_path / 'table1.json'
  table.write_text(json.dumps({'models': {}}))
  for name, header, rows in (
      ('ranks.csv', ('listener', 'snippet', 'model', 'rank'), [('ann', s, m, r) for s in 'ab' for r, m in enumerate(('SN', 'SA', 'Baseline'), 1)]),
      ('changes.csv', ('snippet', 'model', 'content_change'), [(s, m, c) for s in 'ab' for m, c in (('SN', .5), ('SA', 1.), ('Baseline', 1.5))])):
    with open(tmp_path / name, 'w', newline='', encoding='utf-8') as out:
      csv.writer(out).writerows([header, *rows])
  found = cyclegan_figure1.run(str(table), str(tmp_path / 'figure1'), str(tmp_path / 'ranks.csv'), str(tmp_path / 'changes.csv'))['study']
  assert found['scores'] == {'SN': 1, 'SA': .5, 'Baseline': 0} and found['pearson'] == pytest.approx(-1)
  (tmp_path / 'changes.csv').write_text('snippet,model,content_change\na,SN,1\n')
  with pytest.raises(errors.DataError, match="snippet 'a' by 'SA'"):
    cyclegan_figure1.study(str(tmp_path / 'ranks.csv'), str(tmp_path / 'changes.csv'))


@pytest.mark.slow
def test_what_is_missing_is_named(work, tmp_path):
  prefix = work[1]
  with pytest.raises(errors.ModelNotFoundError, match='cyclegan_train'):
    cyclegan_table1.run(prefix, str(tmp_path), str(tmp_path / 'table1'))
  with pytest.raises(errors.DataError, match="no window of genre 'folk'"):
    windows_lib.by_genre(f'{prefix}-test-*', configs.get(MODEL).build_converter(), ('folk',))
  with pytest.raises(errors.UnknownNameError):
    cyclegan_train.run(['cyclegan-x'], '', str(tmp_path))
  with pytest.raises(errors.DataError, match='not a JSON file'):
    cyclegan_figure1.run(str(tmp_path / 'none.json'), str(tmp_path / 'figure1'))


def test_the_best_point_changes_little_enough():
  point = lambda step, strength, change: {'step': step, 's_tot_hits': strength, 's_tot_probability': strength, 'content_change': change}
  assert validation_history.best([point(1, .2, .5), point(2, .9, 1.2), point(3, .4, .9), point(4, .4, .3)])['step'] == 3
  assert validation_history.best([point(1, .2, 1.5), point(2, .9, 1.2)])['step'] == 2


def test_marked_cells_by_hand():
  rolls, values = np.zeros((1, 4, 6)), np.zeros((1, 4, 6))
  rolls[0, :, [1, 5]] = 1
  values[0, 0, 1], values[0, 1, 1], values[0, 0, 5] = 1, .5, .5
  assert cyclegan_figure2.described(rolls, values) == {'marked_share': 3 / 8, 'below_mean_pitch': .75}


def test_every_run_is_a_config():
  assert len(recipes.RUNS) == 9 and not set(recipes.RUNS) - set(configs.config_map())
  for name in cyclegan_train.MODELS:  # to the end of the learning rate's fall
    recipe = recipes.recipe(name)
    assert recipe.num_steps == configs.get(recipe.config, recipe.hparams).hparams.zero_rate_step > recipe.eval_every_steps
    assert not recipe.num_steps % recipe.eval_every_steps


def test_late_points_are_of_the_last_third():
  seen = [{'step': step, 's_tot_hits': step / 100, 'content_change': .5} for step in range(10, 100, 10)]
  assert validation_history.late(seen) == {'s_tot_hits': pytest.approx(.8), 'content_change': .5}  # of 70, 80, 90
  assert validation_history.late([]) == {}
