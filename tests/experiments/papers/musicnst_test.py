"""The paper's experiments on tiny models and made-up pieces: what the tables say is what was run."""
import dataclasses
import json

import numpy as np
import pytest
from scipy import stats
import tensorflow as tf

from experiments.papers.musicnst import experiments as musicnst_experiments
from experiments.papers.musicnst import lbfgs
from experiments.papers.musicnst import models
from experiments.papers.musicnst import pairs as pairs_lib
from experiments.papers.musicnst import reading
from experiments.papers.musicnst import runs
from experiments.papers.musicnst import store
from experiments.papers.musicnst import tables
from musicnst import configs
from musicnst import errors
from musicnst.representations import testing
from musicnst.style_transfer import request
from musicnst.style_transfer import roll_latents
from musicnst.style_transfer.paper import feature_networks
from musicnst.style_transfer.paper import method as paper_method
from musicnst.style_transfer.pieces import piece

CLASSIFIER = 'filters=[8,8],kernels=[4,4],strides=[2,2],dense=[6],'


@pytest.fixture(scope='module')
def networks():
  """Tiny models with random weights: (latents, composer classifier of rolls, of latents)."""
  tf.keras.utils.set_random_seed(1)
  model = configs.get('polyphonic-2bar', 'width=8,z_size=6').build_model()
  roll, latent = (configs.get(f'composer-{kind}', CLASSIFIER + more).build_model() for kind, more in (('roll', 'steps=64'), ('latent', 'z_size=6')))
  return (roll_latents.RollLatents('tiny', model, .5), feature_networks.ComposerNetwork(roll, 'tiny', 64),
          feature_networks.ComposerNetwork(latent, 'tiny', 4))


@pytest.fixture
def models_(networks, monkeypatch):
  """runs.Models of them."""
  monkeypatch.setattr(feature_networks, 'composer_of_rolls', lambda: networks[1])
  monkeypatch.setattr(feature_networks, 'composer_of_latents', lambda latents: networks[2])
  return runs.Models(networks[0])


@pytest.fixture
def pictures(monkeypatch):
  """A stand-in for VGG-19."""
  image = x = tf.keras.Input((None, None, 3))
  outputs = []
  for i in range(len(feature_networks.VGG_STYLE + feature_networks.VGG_CONTENT)):
    x = tf.keras.layers.Conv2D(3, 3, strides=2 if i else 1, padding='same', activation='relu')(x)
    outputs.append(x)
  network = feature_networks.VGGNetwork(tf.keras.Model(image, outputs), 'tiny pictures')
  monkeypatch.setattr(feature_networks, 'vgg', lambda imagenet=False, seed=0: network)


@pytest.fixture(scope='module')
def pair():
  content, style = (piece.from_sequence(testing.chords(4, seed)) for seed in (0, 1))
  return pairs_lib.Pair('composer', 'Johann Sebastian Bach', 'Frédéric Chopin', content, style, 'a.mid', 'b.mid')


def _start(models_, pair, experiment, setting):
  task, prepared = runs._prepared(models_, pair, experiment, setting)
  return {name: float(value[0]) for name, value in task.objective.terms(tf.constant(prepared.start), prepared.context).items()}


@pytest.mark.slow
@pytest.mark.parametrize('experiment', runs.EXPERIMENTS)
def test_style_is_truly_in_the_loss(experiment, models_, pair, pictures):
  once, twice = (_start(models_, pair, experiment, runs.Setting(1, style)) for style in (4, 8))
  assert once['style'] > 0 and once['content'] == 0
  assert twice['style'] == pytest.approx(2 * once['style']) and twice['total_variation'] == once['total_variation']
  assert _start(models_, pair, experiment, runs.Setting(1, 0))['style'] == 0
  # At 1 : 4 the term is four times the distance that the tables show.
  row = runs.run(models_, pair, experiment, runs.Setting(num_steps=1, iterations=(1,))).rows[0]
  assert once['style'] == pytest.approx(4 * row['style_start'], rel=1e-4) and row['ratio'] == '1 : 4'
  assert row['total_start'] == pytest.approx(sum(once.values()), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize('experiment', runs.EXPERIMENTS)
def test_snapshots_are_there(experiment, models_, pair, pictures):
  found = runs.run(models_, pair, experiment, runs.Setting(num_steps=4, iterations=(1, 3, 4)))
  thresholds = (.5, .05) if experiment.endswith('roll') else (None,)
  assert list(found.sequences) == [(i, t) for i in (1, 3, 4) for t in thresholds]
  assert [(row['iteration'], row['threshold']) for row in found.rows] == list(found.sequences)
  assert all(len(values) == 4 for values in found.history.values())
  for row, sequence in zip(found.rows, found.sequences.values()):
    # What reads the sequence says of it: the classifiers that are not in the experiment.
    result = piece.from_sequence(sequence, beats='tempo') if sequence.notes else None  # nothing is left that a judge reads
    names = {'paper-classifier-roll': ['composer-latent'], 'paper-classifier-latents': ['composer-roll']}.get(
        experiment, ['composer-roll', 'composer-latent'])
    chances = [runs.composer_probabilities(models_, result, name).get(pair.target, 0.) for name in names]
    assert row['judge_after'] == pytest.approx(np.mean(chances), abs=1e-4) and row['style_start'] == found.rows[0]['style_start']
  if experiment.endswith('roll'):  # every cell of the content is above .05 still, and few steps lift none to .5
    assert found.rows[0]['content_removed'] == 0


def test_the_judge_is_the_other_classifier(models_, pair):
  both = runs.measure(models_, pair, pair.content.sequence)
  for experiment, judge in (('paper-classifier-roll', 'composer-latent'), ('paper-classifier-latents', 'composer-roll')):
    assert runs.measure(models_, pair, pair.content.sequence, experiment)['judge_before'] == both['judges'][judge][0]
  assert both['judge_before'] == pytest.approx(np.mean([before for before, _ in both['judges'].values()]))
  assert both['judge_before'] == both['judge_after'] and both['content_change'] == 0 and both['nearness_before'] == both['nearness_after']
  chances = runs.composer_probabilities(models_, pair.content, 'composer-roll')
  assert sum(chances.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_genres_are_judged_by_the_benchmark(models_, pair):
  of_genres = dataclasses.replace(pair, kind='genre', source='jazz', target='pop')
  found = runs.measure(models_, of_genres, pair.content.sequence)
  assert set(found['judges']) == set(runs.judges_lib.HEADLINE) and 0 < found['judge_before'] == found['judge_after'] < 1
  turned = runs.measure(models_, dataclasses.replace(of_genres, source='pop', target='jazz'), pair.content.sequence)
  assert turned['judge_before'] == pytest.approx(1 - found['judge_before'])
  nothing = runs.measure(models_, of_genres, testing.sequence([]))
  assert nothing['judge_after'] == .5 and nothing['content_removed'] == 1


class _Bowl:
  """A quadratic whose minimum is known."""

  centre = np.array([[1., -2., 3.]], np.float32)

  def terms(self, variable, context):
    return {'bowl': tf.reduce_sum(context['scale'] * tf.square(variable - self.centre), -1)}


def test_lbfgs_finds_a_known_minimum():
  prepared = paper_method.Prepared([(0, 0)], np.zeros((1, 3)), np.zeros((1, 3), np.float32), {'scale': tf.constant([1., 10., 100.])})
  settings = request.Settings(style_weight=1.0, content_weight=1.0, num_steps=40, learning_rate=.05, snapshots=(1, 10, 40))
  outcome = lbfgs.run(_Bowl(), prepared, settings)
  np.testing.assert_allclose(outcome.variable, _Bowl.centre, atol=1e-3)
  assert outcome.history['total'][0] == pytest.approx(1 + 40 + 900) and len(outcome.history['total']) == 40
  assert (np.diff(outcome.history['total']) <= 0).all() and sorted(outcome.snapshots) == [1, 10, 40]
  np.testing.assert_array_equal(outcome.snapshots[1], np.zeros((1, 3)))


def test_store_gives_back_what_it_took(tmp_path):
  made = []

  def make():
    made.append(1)
    return runs.paper_method.optimize.Outcome(np.ones(3), {'total': [2., 1.]}, {1: np.zeros(3), 2: np.ones(3)})

  kept = store.Store(str(tmp_path))
  for key in ('a', 'a', 'b'):
    found = kept.outcome([key], make)
    assert found.history == {'total': [2., 1.]} and sorted(found.snapshots) == [1, 2]
    np.testing.assert_array_equal(found.snapshots[2], np.ones(3))
  assert len(made) == 2
  assert store.fingerprint(np.ones(3)) != store.fingerprint(np.ones(3, np.float32)) != store.fingerprint(np.zeros(3, np.float32))


def test_the_opening_is_cut():
  whole = testing.sequence([(60, i, i + 2) for i in range(80)], qpm=120)
  found = pairs_lib.opening(whole, 'tempo')
  assert found.total_steps == 256 and len(found.pitches) == 64
  assert max(n.end_time for n in found.sequence.notes) == pytest.approx(32)
  with pytest.raises(errors.RejectedSequence, match='too_few_notes'):
    pairs_lib.opening(testing.sequence([(60, 0, 1)]), 'tempo')


def test_shipped_pair():
  found = pairs_lib.shipped_pair()
  assert found.kind == 'shipped' and found.content.total_steps <= 256 and found.name == 'prelude_in_c to maple_leaf_rag'


def test_plan_covers_the_paper(pair):
  second = dataclasses.replace(pair, source='Franz Schubert')
  planned = musicnst_experiments.Plan(vgg_pairs=1).settings([pair, second])
  for experiment in runs.EXPERIMENTS:
    settings = [(p, setting) for e, p, setting in planned if e == experiment]
    assert {s.ratio for p, s in settings if p is pair} == {'1 : 0', '1 : 1', '1 : 4', '1 : 16', '1 : 64', '0 : 1'}
    assert any({1, 10, 100} <= set(s.iterations) and s.num_steps == 100 for p, s in settings if p is pair)
    assert any(s.optimizer == 'l-bfgs' for _, s in settings)
    assert {s.ratio for p, s in settings if p is second} == ({'1 : 4'} if 'vgg' in experiment else {s.ratio for _, s in settings})


@pytest.mark.slow
def test_results_and_page_agree(models_, pair, pictures, tmp_path):
  pytest.importorskip('matplotlib')
  shipped = dataclasses.replace(pair, kind='shipped', source='one', target='other')
  results = musicnst_experiments.run(
      models_, [pair, shipped], str(tmp_path), musicnst_experiments.Plan(controls=('copy', 'half-notes'), sweep_steps=2, long_steps=3))
  musicnst_experiments.write(str(tmp_path), results)
  names = {path.name for path in tmp_path.iterdir()}
  assert {'results.json', 'README.md', 'loss_curves.png', 'sweep_composer.png'} | {f'tracks_{e}.png' for e in runs.EXPERIMENTS} <= names
  assert len(list((tmp_path / 'midi').iterdir())) == 4 + 8  # two iterations; rolls at two thresholds
  saved = json.loads((tmp_path / 'results.json').read_text())
  assert len(saved['rows']) == len(results['rows']) and saved['pairs'][0]['content'] == 'a.mid'
  # The sweep's table has what the JSON has.
  lines = [line for line in (tmp_path / 'README.md').read_text().splitlines() if line.startswith('| paper-vgg-latents | 1 : 16 |')]
  row, = [r for r in saved['rows'] if (r['experiment'], r['ratio']) == ('paper-vgg-latents', '1 : 16')]
  cells = [cell.strip() for cell in lines[0].strip('|').split('|')]
  assert len(lines) == 1 and cells[2] == '1' and cells[3] == tables.number(row['total_start']) and cells[-1] == tables.number(row['judge_after'])
  copy, = [r for r in saved['controls'] if r['experiment'] == 'copy' and r['kind'] == 'composer']
  start, = {r['style_start'] for r in saved['rows'] if r['experiment'] == 'paper-vgg-roll' and r['kind'] == 'composer'}
  assert copy['written_style']['paper-vgg-roll'] == pytest.approx(start, rel=1e-3)
  assert copy['content_change'] == 0 and copy['judge_before'] == copy['judge_after']


def test_without_time_nothing_is_written(models_, pair, tmp_path):
  assert musicnst_experiments.run(models_, [pair], str(tmp_path), max_seconds=-1) is None and not list(tmp_path.iterdir())


def test_means_pass_over_what_is_missing():
  rows = [{'a': 1.}, {'a': None}, {}, {'a': 2.}]
  assert tables.mean(rows, 'a') == 1.5 and tables.mean(rows, 'b') is None
  assert [tables.number(value) for value in (None, 0, .25, 12345., .0012, 1e-9)] == ['-', '0.00', '0.25', '12345', '0.0012', '0.0000']


def test_latents_of_a_standard_normal():
  generator = np.random.default_rng(0)
  means = np.concatenate([generator.standard_normal((20000, 2)) * .6, np.zeros((20000, 1))], 1)
  stddevs = np.full_like(means, .8)
  stddevs[:, 2] = 1
  found = models.describe(means, stddevs)
  assert found['std_by_dimension'] == pytest.approx([.6, .6, 0], abs=.01) and found['stddev_by_dimension'] == [1, .8, .8]
  # .36 + .64 = 1: samples are standard normal in every dimension.
  assert found['sample_std'] == pytest.approx(1, abs=.01)
  np.testing.assert_allclose(found['sample_histogram'], found['normal'], atol=.003)
  np.testing.assert_allclose(found['normal'], np.diff(stats.norm.cdf(np.linspace(-5, 5, 101))), atol=1e-6)
  expected = .5 * (.36 + .64 - 1) - np.log(.8)
  assert found['kl_nats_by_dimension'] == pytest.approx([expected, expected, 0], abs=.01) and found['active_dimensions'] == 2


def test_learning_curves(tmp_path):
  for folder, values in (('train', {100: .9, 200: .5}), ('eval', {200: .7})):
    with tf.summary.create_file_writer(str(tmp_path / folder)).as_default():
      for step, value in values.items():
        tf.summary.write('losses/cross_entropy', tf.constant(value), step)
        tf.summary.write('metrics/accuracy', tf.constant(1 - value), step)
        tf.summary.write('text', tf.constant(['nothing']), step)
  found = models.learning_curves(str(tmp_path))
  assert found['train']['loss'] == [[100, pytest.approx(.9)], [200, pytest.approx(.5)]]
  assert found['validation']['accuracy'] == [[200, pytest.approx(.3)]]
  with pytest.raises(errors.DataError, match='no TensorBoard events'):
    models.learning_curves(str(tmp_path / 'nowhere'))


def test_reported_composers(tmp_path):
  assert models.reported(str(tmp_path / 'none.json')) == ({}, {})
  row = dict.fromkeys(models.REPORTED, .5)
  point = {'step': 10, 'loss': 1.5, 'accuracy': .25, 'validation_loss': 2., 'validation_accuracy': .125}
  (tmp_path / 'composers.json').write_text(json.dumps({'rows': {'four': {**row, 'confusion': [[1]]}}, 'curve': [point]}))
  rows, curves = models.reported(str(tmp_path / 'composers.json'))
  assert rows == {'four': row}
  assert curves['composer-latent']['validation'] == {'loss': [[10, 2.]], 'accuracy': [[10, .125]]}


def _row(experiment, kind, **values):
  row = dict.fromkeys((*tables.LOSS, *tables.MUSIC, 'moved'), .5)
  threshold = .5 if experiment.endswith('roll') else None
  return {'experiment': experiment, 'kind': kind, 'pair': 'a to b', 'ratio': '1 : 4', 'optimizer': 'adam', 'iteration': tables.COMMON_ITERATION,
          'threshold': threshold, **row, **values}


def test_the_reading_takes_its_figures_from_the_rows():
  rows = [_row(experiment, kind) for experiment in runs.EXPERIMENTS for kind in ('composer', 'genre')]
  rows += [_row('paper-vgg-roll', 'composer', pair='b to c', style_start=1.5, style_end=.14)]
  controls = [{'experiment': name, 'kind': kind, 'pair': 'a to b', 'written_style': dict.fromkeys(runs.EXPERIMENTS, 1 / (i + 1)),
               **dict.fromkeys(tables.MUSIC, i)} for i, name in enumerate(('copy', 'half-notes')) for kind in ('composer', 'genre')]
  results = {'rows': rows, 'controls': controls, 'curves': {}}
  found = reading.Figures(results, 'composer')
  # (.5 + .14) / 2 over (.5 + 1.5) / 2.
  assert found.left('paper-vgg-roll', 'style_end') == '32 %' and found('paper-vgg-roll', 'content_change') == '0.50'
  assert found.control_left('half-notes', 'paper-vgg-latents') == '50 %' and found.control('half-notes', 'density_ratio') == '1.00'
  assert 'VGG-19 leaves 32 %' in ' '.join(reading.text(results).split())
  assert not reading.text({**results, 'rows': rows[:3]})


def test_the_sweep_leaves_out_pairs_without_all_ratios():
  rows = [_row('paper-vgg-latents', 'composer', ratio=ratio, judge_after=after) for ratio, after in (('1 : 0', .5), ('1 : 4', .75), ('0 : 1', .6))]
  rows.append(_row('paper-vgg-latents', 'composer', pair='b to c', judge_after=0.))
  results = {'rows': rows, 'controls': [], 'curves': {}}
  table = tables.sweep_table(results, 'composer')['paper-vgg-latents']
  assert list(table) == ['1 : 0', '1 : 4', '0 : 1'] and [row['pairs'] for row in table.values()] == [1, 1, 1]
  assert table['1 : 4']['judge_gain'] == .25 and reading.Figures(results, 'composer').most_gained('paper-vgg-latents') == '+0.25 at 1 : 4'
  assert tables.sweep_table(results, 'genre') == {}
