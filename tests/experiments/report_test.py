"""Numbers, files, tables and figures as all experiments write them; and that every page that is kept says what its JSON holds."""
import json
import pathlib

import numpy as np
import pytest

from experiments import report
from experiments.benchmark import distribution
from experiments.benchmark import transfer_judges
from experiments.bundles.composers import measures
from experiments.papers.cyclegan import tables
from experiments.papers.musae import figure3
from experiments.papers.musae import figure4
from experiments.papers.musae import figure5
from experiments.papers.musae import table1
from experiments.papers.musicnst import page
from musicnst import errors

_RESULTS = pathlib.Path(__file__).resolve().parents[2] / 'experiments' / 'results'
_PAGES = {
    'cyclegan/table1': tables.page, 'cyclegan/table1_seed1': tables.page, 'cyclegan/table1_seed2': tables.page, 'musae/table1': table1.page,
    'musae/figure3_musae-16bar_mixture': figure3.page, 'musae/figure4': figure4.page, 'musae/figure5_musae-16bar_gaussian': figure5.page,
    'musae/figure5_musae-16bar_mixture': figure5.page, 'distribution/2bar/distribution': distribution.page,
    'distribution/16bar/distribution': distribution.page, 'composers': measures.page, 'transfer_benchmark/admission': transfer_judges.page}


def test_numbers_are_rounded():
  assert report.rounded({'a': [1.23456789, 2, 'x', None, True], 3: (123456.7,)}) == {'a': [1.2346, 2, 'x', None, True], '3': [123460.0]}
  assert report.rounded([.000123456, 12.34567], places=4) == [.0001, 12.3457]
  found = report.rounded({'array': np.array([[1, 2]]), 'float': np.float32(.1), 'bool': np.bool_(True), 'int': np.int64(7)})
  assert json.dumps(found) == '{"array": [[1, 2]], "float": 0.1, "bool": true, "int": 7}'


def test_json_by_lines_and_back(tmp_path):
  path = tmp_path / 'x.json'
  report.write_json(path, {'rows': [{'a': 1 / 3}, {'a': 2}], 'empty': []}, places=2, lines=True)
  assert path.read_text() == '{\n"rows": [\n{"a": 0.33},\n{"a": 2}\n],\n"empty": [\n\n]\n}\n'
  assert report.read_json(path) == {'rows': [{'a': .33}, {'a': 2}], 'empty': []}
  assert report.read_json(tmp_path / 'none.json', {}) == {}
  with pytest.raises(errors.DataError, match='none.json'):
    report.read_json(tmp_path / 'none.json')
  path.write_text('{')
  with pytest.raises(errors.DataError, match='x.json'):
    report.read_json(path, {})


def test_the_page_is_made_of_what_the_file_holds(tmp_path):
  found = report.write(str(tmp_path / 'y'), {'value': 1 / 3}, lambda results: f'{results["value"]}\n\n')
  assert found == report.read_json(tmp_path / 'y.json') == {'value': .33333}
  assert (tmp_path / 'y.md').read_text() == '0.33333\n'


def test_tables():
  assert report.table(['a', 'b'], [['x', 1], [None, 2.5]]) == '| a | b |\n| --- | --- |\n| x | 1 |\n|  | 2.5 |'
  assert [report.number(value) for value in (.12345, -.5, 1.2, 0, None)] == ['.123', '-.500', '1.200', '.000', '']


def test_the_same_figure_is_the_same_file(tmp_path):
  for name in ('one.png', 'two.png'):
    with report.panels(tmp_path / name, 3, 2, (2, 1.5)) as (figure, axes):
      assert len(axes) == 3 and len(figure.axes) == 4
      axes[0].plot([0, 1], label='line')
      report.label(axes[0], 'title', 'x', 'y')
      assert (axes[0].get_xlabel(), axes[0].get_legend().get_texts()[0].get_text()) == ('x', 'line')
      report.label(axes[1])
      assert axes[1].get_legend() is None
  assert (tmp_path / 'one.png').read_bytes()[:4] == b'\x89PNG'
  assert (tmp_path / 'one.png').read_bytes() == (tmp_path / 'two.png').read_bytes()


def test_a_figure_that_fails_leaves_no_file(tmp_path):
  with pytest.raises(ZeroDivisionError):
    with report.figure(tmp_path / 'x.png'):
      1 / 0  # noqa: B018
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name', _PAGES)
def test_pages_say_what_the_results_hold(name):
  assert _PAGES[name](report.read_json(_RESULTS / f'{name}.json')).rstrip() + '\n' == (_RESULTS / f'{name}.md').read_text(encoding='utf-8')


def test_the_papers_page_says_what_its_results_hold():
  folder = _RESULTS / 'musicnst'
  assert page.text(report.read_json(folder / 'results.json')) == (folder / 'README.md').read_text(encoding='utf-8')
