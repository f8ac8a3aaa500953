"""The comparison's bookkeeping: which entries run where, what is taken over, and the page."""
import json

from experiments.benchmark import comparison
from experiments.benchmark import methods
from experiments.benchmark import tables
from experiments.benchmark.compare import entries
from experiments.benchmark.compare import page


def _row(direction, strength, change):
  return {'direction': direction, 'piece': 'a', 'seed': 0, 'content_change': change, 'seconds': 2.0,
          **{f'strength/{name}': strength for name in ('paper-cnn', 'map-cnn', 'texture')}}


class _Bench:
  def __init__(self):
    self.cells, self.asked = {}, []

  def has(self, label, strength, seed, direction):
    return (label, strength, direction) == ('copy', None, 'jazz-pop')

  def run(self, runner, label, strength, seeds, directions):
    self.asked.append((runner, label, strength, tuple(seeds), tuple(directions)))


def test_entries_are_methods_and_cyclegans_run_in_their_directions_only():
  assert all(entry.method in methods.METHODS for entry in entries.ENTRIES)
  assert len({entry.label for entry in entries.ENTRIES}) == len(entries.ENTRIES)
  sn = next(entry for entry in entries.ENTRIES if entry.label == 'cyclegan-full-sn')
  assert sn.models == dict.fromkeys(('classical-pop', 'pop-classical'), 'cyclegan/cyclegan-full-sn_classical_pop-small')


def test_what_is_there_is_not_run_again_and_what_lacks_a_model_is_named(tmp_path):
  (tmp_path / 'm' / 'one').mkdir(parents=True)
  (tmp_path / 'm' / 'one.json').write_text(json.dumps({'processor_seconds': 120}))
  copy = entries.Entry('copy', 'copy', models=dict.fromkeys(('jazz-pop', 'pop-jazz'), ''))
  trained = entries.Entry('gan', 'cyclegan', (.5,), {'jazz-pop': 'm/one', 'pop-jazz': 'm/two'}, None)
  bench = _Bench()
  left_out = comparison.run(lambda contents: bench, [copy, trained], str(tmp_path), runner_of=lambda method, model: (method, model))
  assert bench.asked == [(('copy', None), 'copy', None, (0,), ('pop-jazz',)),
                         (('cyclegan', str(tmp_path / 'm' / 'one')), 'gan', .5, (0,), ('jazz-pop',))]
  assert list(left_out) == ['gan'] and 'm/two' in left_out['gan']
  assert entries.training_minutes(trained, str(tmp_path)) == 2 and entries.training_minutes(copy, str(tmp_path)) == 0


def test_results_are_taken_over_by_seed_and_strength():
  key = lambda label, strength, seed: json.dumps([label, strength, seed, 'jazz-pop', 20])
  cells = {key('guided', None, 0): 'own'}
  reused = {key('guided', None, 0): 'other', key('guided', None, 1): 'second seed', key('copy', None, 0): 'copy',
            key('arithmetic', .3, 0): 'another strength'}
  comparison.adopt(cells, reused, {('guided', None), ('copy', None), ('arithmetic', .5)})
  assert cells == {key('guided', None, 0): 'own', key('copy', None, 0): 'copy'}


def test_the_page():
  cells = {json.dumps(['b', .5, 0, 'jazz-pop', 2]): [_row('jazz-pop', .2, .5)], json.dumps(['b', .5, 0, 'pop-jazz', 2]): [_row('pop-jazz', .4, .7)],
           json.dumps(['a', None, 0, 'jazz-pop', 2]): [_row('jazz-pop', .6, .1)], json.dumps(['c', None, 0, 'jazz-pop', 2]): [_row('jazz-pop', 1, 1)]}
  grouped = comparison.grouped(cells, ['a', 'b'])
  assert list(grouped) == [('a', None), ('b', .5)] and len(grouped['b', .5]) == 2
  summaries = {key: tables.summarize(rows) for key, rows in grouped.items()}
  known = {'a': entries.Entry('a', 'copy'), 'b': entries.Entry('b', 'copy', contents=2)}
  text = page.markdown(summaries, {'a': 0.0, 'b': None}, known, {'d': 'no bundle'}, 'test')
  assert '| a | 0.60 | 0.60 | 0.60 | 0.60 | 0.10 |' in text and '| b 0.5 | 0.30 | 0.30 | 0.30 | 0.30 | 0.60 |' in text
  assert '| b 0.5 | 0.20 at 0.50 | 0.40 at 0.70 |' in text and 'b (2 a direction)' in text and 'd (no bundle)' in text
  assert text.count('| ? |') == 1
  found = page.numbers(summaries, {'a': 0.0})
  assert found[0]['directions']['jazz-pop']['lowest']['mean'] == .6


def test_curves_are_compared_at_equal_change():
  """By hand: `a` goes from nothing through .4 at .2 to .8 at .6; `b` gives .5 at .4 and nothing below it is known but the way there."""
  points = {('a', .5): (.4, .2), ('a', 1.0): (.8, .6), ('b', 1.0): (.5, .4), ('c', None): (.9, .5)}
  summaries = {key: tables.summarize([_row('jazz-pop', *values)]) for key, values in points.items()}
  text = page.markdown(summaries, {}, {}, {}, 'test')
  assert '| b | 0.40, 0.25 | 0.60, 0.50 | 0.80, 0.50 | none |' in text
  assert '| c | 0.40, 0.00 | 0.60, 0.00 | 0.80, 0.90 | jazz-pop at 0.6 |' in text
