"""experiments/README.md covers what is there, and its commands exist with their flags; the package's imports hold no circle."""
import ast
import graphlib
import pathlib
import re

from absl import flags
import pytest

from experiments import run

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / 'experiments' / 'README.md').read_text(encoding='utf-8')
_COMMAND = re.compile(r'python -m experiments\.run (\w+)((?: +--[^\s`]+)*)')
# A folder of the experiments imports from itself and from those before it.
_ORDER = ('report', 'windows', 'analysis', 'benchmark', 'bundles', 'papers', 'run')


def _patterns():
  """(folder, pattern) of every row's first cell."""
  for section in re.split(r'^## ', _PAGE, flags=re.M)[1:]:
    folder = _ROOT / re.match('`(.+)`', section).group(1)
    for row in re.findall(r'^\| (`[^|]+) \|', section, flags=re.M):
      yield from ((folder, pattern) for pattern in re.findall('`([^`]+)`', row))


def _listed():
  found = [path for folder, pattern in _patterns() for path in folder.glob(pattern)]
  assert len(found) == len(set(found)), 'a file stands in two rows'
  return set(found)


def test_every_row_has_a_file():
  assert [(str(folder), pattern) for folder, pattern in _patterns() if not list(folder.glob(pattern))] == []


@pytest.mark.parametrize('folder', ['experiments/results', 'experiments/benchmark/judge_weights'])
def test_every_file_has_a_row(folder):
  there = {path for path in (_ROOT / folder).rglob('*') if path.is_file()}
  assert len(there) >= 4 and sorted(there - _listed()) == []


def test_every_bundle_has_a_row():
  there = set((_ROOT / 'musicnst' / 'pretrained').iterdir())
  assert len(there) > 10 and sorted(path.name for path in there - _listed()) == []


def test_every_experiment_is_named():
  assert {name for name, _ in _COMMAND.findall(_PAGE)} - {'NAME'} == set(run.EXPERIMENT_MAP)


@pytest.mark.parametrize('name', run.EXPERIMENT_MAP)
def test_commands_are_read_by_their_experiment(name):
  """Every command of the page and of the experiment's docstring parses, required flags given."""
  module = run.load(name)
  commands = [given for found, given in _COMMAND.findall(_PAGE) if found == name]
  documented = [given for found, given in _COMMAND.findall(module.__doc__.replace('\\\n', ' ')) if found == name]
  assert commands and documented
  for given in commands + documented:
    values = flags.FlagValues()
    module.define_flags(values)
    values([name, *given.replace("'", '').split()])


def _imports(path):
  """Modules of the package that a file imports, at load or later."""
  for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
    if isinstance(node, ast.ImportFrom) and node.module.split('.')[0] == 'experiments':
      yield from (f'{node.module}.{alias.name}' for alias in node.names)


def _graph():
  modules = {'.'.join(path.relative_to(_ROOT).with_suffix('').parts): path for path in (_ROOT / 'experiments').rglob('*.py')}
  return {name: {other for other in _imports(path) if other in modules} for name, path in modules.items()}


def test_imports_hold_no_circle():
  graph = _graph()
  assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(graph) > 50
  rank = lambda name: _ORDER.index(name.split('.')[1])
  assert [(one, other) for one, others in graph.items() for other in others if rank(other) > rank(one)] == []
