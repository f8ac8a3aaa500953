"""The experiments on MusAE from end to end at a tiny size, and their measures on cases worked out by hand."""
import json
import time

import numpy as np
import pytest

from experiments import run
from experiments import windows as windows_lib
from experiments.benchmark import distribution
from experiments.papers import recipes as common
from experiments.papers.musae import figure3 as musae_figure3
from experiments.papers.musae import figure4 as musae_figure4
from experiments.papers.musae import figure5 as musae_figure5
from experiments.papers.musae import measure
from experiments.papers.musae import recipes
from experiments.papers.musae import table1 as musae_table1
from experiments.papers.musae import train as musae_train
from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.representations import testing
from musicnst.representations import tracks

S, H = tracks.SILENCE, tracks.HOLD
SIZES = 'width=6,z_size=4,critic_size=[4],batch_size=4'
GENRES = ('classical', 'jazz', 'pop|folk', 'folk', 'pop')
TINY = {
    'gaussian': common.Recipe('musae-2bar_gaussian-small', 2, SIZES, eval_every_steps=2, eval_num_batches=1),
    'mixture': common.Recipe('musae-2bar_mixture-small', 2, SIZES, eval_every_steps=2, eval_num_batches=1),
    'vae': common.Recipe('flat-voices_2bar', 2, 'enc_rnn_size=[4],dec_rnn_size=[4],z_size=4,batch_size=4', eval_every_steps=2,
                          eval_num_batches=1, best_by='metrics/accuracy_sampled')}


@pytest.fixture(scope='module')
def work(tmp_path_factory):
  """A folder with windows of 2 bars, 40 in each split, a recipe that was trained and two that were only made."""
  folder = tmp_path_factory.mktemp('musae')
  converter = configs.get('musae-2bar_gaussian-small').build_converter()
  (folder / 'windows-2bar').mkdir()
  for part, split in enumerate(('train', 'validation', 'test')):
    found = []
    for i in range(40):
      window = converter.to_windows(testing.chords(2, 100 * part + i))[0]
      window.labels.update(genre=GENRES[i % 5], id=str(i))
      found.append(tfrecords.frame(records.write_example(window, converter)))
    (folder / 'windows-2bar' / f'windows.tfrecord-{split}-00000-of-00001').write_bytes(b''.join(found))
  (folder / 'windows-2bar' / 'windows.tfrecord.report.json').write_text('{}')
  started = time.process_time()
  assert musae_train.run(['mixture'], 'nowhere', str(folder), show_progress=False, known=TINY) == {'mixture': True}
  (folder / 'seconds.json').write_text(json.dumps(time.process_time() - started))
  for name in ('gaussian', 'vae'):
    config = TINY[name].build()
    bundles.save(config.build_model(), config, folder / 'bundles' / name, '')
  return folder


@pytest.mark.slow
def test_training_keeps_its_time_and_ends(work):
  spent = json.loads((work / 'bundles' / 'mixture.json').read_text())
  seconds = json.loads((work / 'seconds.json').read_text())
  assert spent['steps'] == 2 and spent['examples'] == 8 and .5 * seconds < spent['processor_seconds'] < seconds + .1
  assert recipes.train('mixture', TINY['mixture'], 'unused', str(work))  # there already
  model, config = recipes.load('mixture', str(work))
  assert model.genres == config.hparams.genres == ('classical', 'jazz', 'pop', 'folk')


@pytest.mark.slow
def test_table1(work, tmp_path):
  results = musae_table1.run('nowhere', str(work), str(tmp_path), count=8, known=TINY)
  for found in results['models'].values():
    for kind in ('free', 'floor'):
      assert found[kind]['average'] == pytest.approx((found[kind]['highest'] + found[kind]['lowest']) / 2, abs=1e-5)
  assert 'forced' in results['models']['vae'] and 'forced' not in results['models']['mixture']
  assert '| mixture |' in (tmp_path / 'table1.md').read_text()
  with pytest.raises(errors.ModelNotFoundError, match='is trained yet'):
    musae_table1.run('nowhere', str(tmp_path), str(tmp_path), known=TINY)


@pytest.mark.slow
def test_figures(work, tmp_path):
  found = musae_figure3.run(str(work), 'mixture', str(tmp_path), count=2)
  assert len(found['changes']['highest notes']) == 32 and found['genres'] == {'classical': 0, 'jazz': 8, 'pop': 16, 'folk': 24}
  with pytest.raises(errors.ArgumentError, match='one Gaussian'):
    musae_figure3.run(str(work), 'gaussian', str(tmp_path))
  found = musae_figure4.run('nowhere', str(work), str(tmp_path), names=('gaussian', 'absent'), count=4, points=3, known=TINY)
  assert found['models']['gaussian']['data'][0] == 0
  assert found['models']['gaussian']['data'][-1] == pytest.approx(found['models']['gaussian']['end_to_end'])
  found = musae_figure5.run('nowhere', str(work), 'mixture', str(tmp_path), count=6, known=TINY)
  assert set(found['separation']['pop-folk']) == {'all', 'pca', 'tsne'}
  for name in ('figure3_mixture.png', 'figure4.png', 'figure5_mixture_pca.png', 'figure5_mixture_tsne.png'):
    assert (tmp_path / name).read_bytes()[:4] == b'\x89PNG'


@pytest.mark.slow
def test_a_window_of_two_genres_stands_for_neither_of_their_pair(work):
  converter = configs.get('musae-2bar_gaussian-small').build_converter()
  pattern = str(work / 'windows-2bar' / 'windows.tfrecord-train-*')
  assert len(windows_lib.drawn(pattern, converter)[0]) == 40
  pop = windows_lib.drawn(pattern, converter, keep=lambda labels: 'pop' in measure.tags(labels))[1]
  only = windows_lib.drawn(pattern, converter, keep=lambda labels: 'pop' in measure.tags(labels) and 'folk' not in measure.tags(labels))[1]
  assert len(pop) == 16 and len(only) == 8
  with pytest.raises(errors.DataError, match='no window'):
    windows_lib.drawn(pattern, converter, keep=lambda labels: 'polka' in measure.tags(labels))


@pytest.mark.slow
def test_genres_are_checked_and_counted(work, capsys):
  assert run.execute(['musae_train', f'--count_genres={work}/windows-2bar/windows.tfrecord']) == 0
  assert capsys.readouterr().out == 'genres=[folk,pop,classical,jazz]\n'
  assert run.execute(['musae_train']) == 2
  counts = {'pop|rock': 3, 'rock': 2, 'jazz': 4, '': 9}
  recipes.check_genres(counts, ('pop', 'jazz'), 'here')
  with pytest.raises(errors.DataError, match='no windows of genre polka; there are jazz, pop, rock'):
    recipes.check_genres(counts, ('pop', 'polka'), 'here')
  assert recipes.most_frequent(counts) == ['rock', 'jazz', 'pop'] and recipes.most_frequent(counts, 1) == ['rock']


def test_accuracies():
  truth = np.array([[[60, S], [H, 40], [S, H], [S, S]]])
  found = np.array([[[60, S], [H, 41], [S, H], [H, S]]])
  assert measure.accuracies(truth, found, ('highest', 'lowest')) == {
      'highest': .75, 'lowest': .75, 'average': .75, 'onsets': .5, 'not silent': .75}
  assert measure.constant_accuracies(truth, ('highest', 'lowest'))['average'] == .5  # silence in both


def test_voice_metrics():
  found = measure.voice_metrics(np.array([60, H, S, 64, 62, H, H, H]))
  assert found == {'notes': 3, 'length': pytest.approx(7 / 3), 'pitch': 62, 'span': 4, 'step': 3, 'pitches': 3, 'silence': .125,
                   'off_beat': pytest.approx(1 / 3)}
  assert measure.voice_metrics(np.full(4, S))['silence'] == 1


def test_distances_and_mixing():
  first, second = np.zeros((2, 4, 1), int), np.ones((2, 4, 1), int)
  second[0, :3] = 0
  np.testing.assert_allclose(measure.hamming(first, second), [.25, 1])
  generator = np.random.default_rng(0)
  assert (measure.mixed(first, second, 0, generator) == first).all() and (measure.mixed(first, second, 1, generator) == second).all()
  many = np.zeros((50, 32, 2), int)
  assert measure.hamming(many, measure.mixed(many, many + 1, .3, generator)).mean() == pytest.approx(.3, abs=.03)


def test_relative_and_roughness():
  found = musae_figure3.relative([{'a': 1., 'b': 0.}, {'a': 3., 'b': 0.}])
  np.testing.assert_allclose(found['a'], [-.5, .5])
  assert not found['b'].any()
  circle = np.sin(2 * np.pi * np.arange(32) / 32)
  assert musae_figure3.roughness(circle) < .3 < musae_figure3.roughness(np.random.default_rng(0).permutation(circle))
  assert musae_figure3.roughness(np.zeros(8)) == 1


def test_separation():
  random = np.random.default_rng(0)
  cloud = random.standard_normal((40, 2))
  assert musae_figure5.separation(cloud, cloud + 10) == 1
  assert musae_figure5.separation(cloud, random.standard_normal((40, 2))) < .75
  line = np.outer(np.arange(10.), [3, 4, 0])
  np.testing.assert_allclose(np.abs(np.diff(musae_figure5.projected(line, 'pca')[:, 0])), 5)


@pytest.mark.slow
def test_samples_of_models_beside_windows(work, tmp_path):
  models, prefix = [str(work / 'bundles' / name) for name in ('gaussian', 'mixture')], str(work / 'windows-2bar' / 'windows.tfrecord')
  found = distribution.run_models(models, prefix, str(tmp_path), count=8, num_training=12)
  assert list(found['rows']) == [distribution.PERFECT, distribution.SCRAMBLED, 'gaussian', 'mixture']
  assert found['rows'][distribution.PERFECT]['overlap'] > found['rows']['gaussian']['overlap']  # of a network that never learned
  assert '| mixture |' in (tmp_path / 'distribution.md').read_text()
  longer = configs.get('musae-16bar_gaussian-small', 'width=6,z_size=20,whole_size=4,critic_size=[4]')
  bundles.save(longer.build_model(), longer, tmp_path / 'longer', '')
  with pytest.raises(errors.ArgumentError, match='longer: makes windows of 256 steps by 260, .*gaussian of 32 by 260; measure'):
    distribution.run_models([models[0], str(tmp_path / 'longer')], prefix, str(tmp_path), count=8, num_training=12)
