"""What the documents name exists: links, paths, verbs, experiments, flags, make's targets; and their example of a method runs."""
import functools
import importlib
import importlib.util
import itertools
import pathlib
import re
import sys
import types

from absl import flags
import pytest

from experiments import run as experiments_run
from musicnst import configs
from musicnst import registry
from musicnst.cli import command
from musicnst.cli import list as list_verb
from musicnst.representations import converter_map
from musicnst.representations import testing
from musicnst.style_transfer import registry as transfer_registry
from musicnst.style_transfer import transfer

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_NAMES = ('README.md', 'BUILD_NOTES.md', 'experiments/README.md', 'musicnst/checkpoint_import/README.md')
DOCUMENTS = [path for path in (*(_ROOT / name for name in _NAMES), *sorted((_ROOT / 'docs').rglob('*.md'))) if path.exists()]
_FOLDERS = ('musicnst', 'data_prep', 'experiments', 'benchmarks', 'tests', 'docs')
# Flags of every verb.
_EVERYWHERE = {'help', 'debug', 'version'}
_COLUMNS = 140
# What a command writes.
_OUTPUTS = ('docs/api/',)

each_document = pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))


def _split(text):
  """Markdown -> (text outside of fenced blocks, lines of the fenced blocks with continued ones joined)."""
  parts = re.split(r'^```.*$', text, flags=re.M)
  blocks = [line.strip() for part in parts[1::2] for line in part.replace('\\\n', ' ').splitlines()]
  return '\n'.join(parts[::2]), blocks


def _spans(path):
  """Code spans of a document."""
  return [' '.join(span.split()) for span in re.findall(r'`([^`]+)`', _split(path.read_text(encoding='utf-8'))[0])]


def _anchors(path):
  """The anchors that GitHub gives to a document's headings."""
  headings = re.findall(r'^#+ (.+)$', _split(path.read_text(encoding='utf-8'))[0], flags=re.M)
  return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def _links(path):
  """(file, anchor) of each link of a document that leads to a file of the checkout."""
  for target in re.findall(r'\]\(([^)\s]+)\)', _split(path.read_text(encoding='utf-8'))[0]):
    if not re.match(r'\w+:', target):
      name, _, anchor = target.partition('#')
      yield (path.parent / name).resolve() if name else path, anchor


# === Links and paths ===

@each_document
def test_links(path):
  for target, anchor in _links(path):
    assert target.exists(), f'{target} does not exist'
    assert not anchor or anchor in _anchors(target), f'{target} has no heading #{anchor}'


@each_document
def test_paths(path):
  missing = [name for span in _spans(path) for name in _braces(span) if _is_path(name) and not _exists(name, path.parent)]
  assert not missing


def _braces(text):
  """'a.{b,c}' -> 'a.b', 'a.c'."""
  parts = [part[1:-1].split(',') if part.startswith('{') else [part] for part in re.split(r'(\{[^{}]*\})', text)]
  return [''.join(choice) for choice in itertools.product(*parts)]


def _is_path(name):
  """Whether a code span names a file or folder of the checkout: not a placeholder, and something that begins or ends as those do."""
  if not re.fullmatch(r'[\w./*+-]+', name) or name.startswith(('/', '-', '.')) or re.search(r'\.\.\.|\b[A-Z]{2,}\b(?!\.md)', name):
    return False
  return name.endswith(('.py', '.md')) or '/' in name and (_ROOT / name.split('/')[0]).exists()


def _exists(name, folder):
  if name in _OUTPUTS:
    return True
  if '/' not in name:
    return (_ROOT / name).exists() or any(next((_ROOT / package).rglob(name), None) for package in _FOLDERS)
  return any(next(place.glob(name.rstrip('/')), None) for place in (_ROOT, _ROOT / 'musicnst', folder))


def test_every_page_is_in_the_index():
  linked = {target for target, _ in _links(_ROOT / 'BUILD_NOTES.md')}
  assert not [str(path) for path in DOCUMENTS if path.is_relative_to(_ROOT / 'docs') and path not in linked]


@each_document
def test_lines_are_wrapped(path):
  lines = path.read_text(encoding='utf-8').splitlines()
  whole = re.compile(r'\||`[^`]*`\W?$')  # a row of a table, and a command on a line of its own
  assert not [line for line in lines if len(line) > _COLUMNS and not whole.match(line)]


def test_the_index_is_short():
  assert len((_ROOT / 'BUILD_NOTES.md').read_text(encoding='utf-8').splitlines()) < 120


# === Commands ===

@each_document
def test_commands(path):
  for line in (*_spans(path), *_split(path.read_text(encoding='utf-8'))[1]):
    _check_command(line.split(' #')[0].strip())


def _check_command(line):
  """Raises AssertionError or UnknownNameError where a command names what there is not; other programs' are passed."""
  words = line.split()
  while words and re.fullmatch(r'[A-Z_]+=\S*', words[0]):
    words = words[1:]
  if words[:3] == ['python', '-m', 'experiments.run'] and len(words) > 3 and re.fullmatch(r'[a-z][a-z0-9_]+', words[3]):
    _check_flags(words[4:], _experiment_flags(words[3]), line)
  elif words[:3] == ['python', '-m', 'pytest'] or words[:1] == ['pytest']:
    assert all((_ROOT / word).exists() for word in words if word.startswith('tests/')), line
  elif len(words) > 1 and words[0] == 'python' and words[1].startswith('benchmarks/'):
    _check_flags(words[2:], _benchmark_flags(_ROOT / words[1]), line)
  elif len(words) > 1 and words[0] == 'musicnst' and re.fullmatch(r'[a-z_]+', words[1]):
    _check_flags(words[2:], _verb_flags(words[1]), line)
  elif len(words) == 2 and words[0] == 'make':
    assert f'\n{words[1]}:' in (_ROOT / 'Makefile').read_text(encoding='utf-8'), line
  elif words and words[0].startswith('--'):
    _check_flags(words, _all_flags(), line)


def _check_flags(words, known, line):
  for word in words:
    name, _, value = word.strip('[]').partition('=')
    if name.startswith('--') and len(name) > 2:
      name = name[2:]
      assert name in known | _EVERYWHERE or name.startswith('no') and name[2:] in known, f'{line}: no flag --{name}'
      if re.fullmatch(r'[a-z][\w-]*', value) and name in _VALUES:
        registry.lookup(_VALUES[name](), value, name)


# Flags whose values are names, and what there is of them.
_VALUES = {
    'config': lambda: {**configs.config_map(), **converter_map.CONVERTER_MAP},  # `prepare` takes either
    'kind': lambda: dict.fromkeys(list_verb.KINDS),
    'method': lambda: transfer_registry.TRANSFER_MAP,
}


def _flags_of(module):
  values = flags.FlagValues()
  importlib.import_module(module).define_flags(values)
  return set(values)


@functools.cache
def _verb_flags(verb):
  registry.lookup(command.VERBS, verb, 'verb')
  return _flags_of(f'musicnst.cli.{verb}')


@functools.cache
def _experiment_flags(name):
  return _flags_of(f"experiments.{registry.lookup(experiments_run.EXPERIMENT_MAP, name, 'experiment')[0]}")


@functools.cache
def _benchmark_flags(path):
  """Names that a script may give to argparse or absl: all that stand in quotes."""
  return set(re.findall(r"'(?:--)?([a-z_]+)'", path.read_text(encoding='utf-8')))


@functools.cache
def _all_flags():
  """Those of the verbs, and what may be one of a benchmark or an experiment."""
  scripts = [path for folder in ('benchmarks', 'experiments') for path in (_ROOT / folder).rglob('*.py')]
  return set().union(*map(_verb_flags, command.VERBS), *map(_benchmark_flags, scripts))


# === The example ===

def test_the_example_of_a_method_runs(monkeypatch):
  """docs/adding.md: of eight eighths under a style of quarters the four on the beat stay."""
  code = re.search(r'```python\n(.*?)```', (_ROOT / 'docs' / 'adding.md').read_text(encoding='utf-8'), flags=re.S).group(1)
  module = types.ModuleType('musicnst.style_transfer.same_places')
  exec(compile(code, 'docs/adding.md', 'exec'), module.__dict__)  # pylint: disable=exec-used
  monkeypatch.setitem(sys.modules, module.__name__, module)
  entry = transfer_registry.Entry('same-places', 'an example', ('same_places:SamePlaces',), {'strength': 1.0}, {})
  monkeypatch.setitem(transfer_registry.TRANSFER_MAP, entry.name, entry)
  eighths = testing.sequence([(60 + i, i / 2, (i + 1) / 2) for i in range(8)])
  quarters = testing.sequence([(48, i, i + 1) for i in range(4)])
  result = transfer.transfer(eighths, quarters, method=entry.name, beats='tempo')
  assert [note.pitch for note in result.sequence.notes] == [60, 62, 64, 66]


# === API pages ===

def test_broken_links_of_the_api_pages_are_found(tmp_path):
  spec = importlib.util.spec_from_file_location('build_api', _ROOT / 'docs' / 'build_api.py')
  build_api = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(build_api)
  pages = {
      'a.html': '<p id="x"><a href="sub/b.html#y">1</a> <a href="sub/b.html#z">broken</a> <a href="https://c.org/">2</a></p>',
      'sub/b.html': '<p id="y"><a href="../a.html#x">1</a> <a href="c.html">broken</a> <a href="">itself</a> <a href="#w">w</a></p>'}
  (tmp_path / 'sub').mkdir()
  for name, text in pages.items():
    (tmp_path / name).write_text(text)
  build_api.unlink_the_unlisted(tmp_path / 'sub' / 'b.html')
  assert build_api.broken_links(tmp_path) == [('a.html', 'sub/b.html#z'), ('sub/b.html', 'c.html')]
