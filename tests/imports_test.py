"""The order of imports: each layer may import only what stands before it, and heavy libraries only where they belong."""
import ast
import pathlib

import pytest

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_PACKAGES = ('musicnst', 'data_prep', 'experiments')

# From left to right; a layer imports from itself and from what stands before it. Layers in one group do not import each other.
_ORDER = (
    ('errors', 'files', 'music_proto', 'options', 'quiet', 'registry', 'hparams', 'config'),
    ('reading',), ('representations',), ('analysis',), ('metrics', 'data', 'layers', 'losses', 'priors'), ('models',), ('configs',),
    ('bundles', 'training', 'inference', 'checkpoint_import'), ('style_transfer',), ('evaluation', 'rendering'), ('pieces',),
    ('cli', 'web'), ('__main__',))
_RANK = {name: rank for rank, names in enumerate(_ORDER) for name in names}
# Pairs inside one group that may meet: whatever loads a model knows bundles and run folders.
_ALLOWED_WITHIN = {
    ('inference', 'bundles'), ('inference', 'training'), ('training', 'bundles'), ('bundles', 'training'), ('checkpoint_import', 'bundles'),
    ('inference', 'checkpoint_import'), ('training', 'checkpoint_import'),
    ('layers', 'losses'),
}
_TENSORFLOW_HOMES = {'data', 'training', 'style_transfer', 'priors', 'checkpoint_import', 'inference', 'bundles', 'evaluation', 'quiet'}
_COMMON = set(_ORDER[0])


def _sources():
  for package in _PACKAGES:
    for path in sorted((_ROOT / package).rglob('*.py')):
      yield path.relative_to(_ROOT)


def _imports(tree):
  """Every dotted name that a module imports, with whether it happens when the module loads."""
  inside = {child for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) for child in ast.walk(node)}
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      for alias in node.names:
        yield alias.name, node not in inside, node.lineno
    elif isinstance(node, ast.ImportFrom):
      assert not node.level, f'relative import at line {node.lineno}'
      for alias in node.names:
        yield f'{node.module}.{alias.name}', node not in inside, node.lineno


def _layer(dotted):
  parts = dotted.split('.')
  return parts[1] if parts[0] == 'musicnst' and len(parts) > 1 else ''


def _found(check):
  """Runs `check(path, dotted name of the file, imported name, at load)` over every import; the complaints."""
  complaints = []
  for path in _sources():
    here = '.'.join(path.with_suffix('').parts)
    for name, at_load, line in _imports(ast.parse((_ROOT / path).read_text(encoding='utf-8'))):
      said = check(here, name, at_load)
      if said:
        complaints.append(f'{path}:{line} {said}')
  return complaints


def test_layers_import_only_what_stands_before_them():
  def check(here, name, at_load):
    mine, theirs = _layer(here), _layer(name)
    if (mine, theirs) == ('models', 'bundles') and not at_load:  # a classifier of latents loads its frozen encoder when it is built
      return ''
    if mine not in _RANK or theirs not in _RANK or mine == theirs or (mine, theirs) in _ALLOWED_WITHIN:
      return ''
    if _RANK[theirs] > _RANK[mine] or (_RANK[theirs] == _RANK[mine] and theirs not in _COMMON):
      return f'{mine} imports {theirs}'
    return ''
  assert not _found(check)


def test_every_module_has_a_place_in_the_order():
  known = set(_RANK) | {'__init__'}
  unknown = {path.parts[1].removesuffix('.py') for path in _sources() if path.parts[0] == 'musicnst' and len(path.parts) > 1} - known
  assert not unknown


def test_families_do_not_import_each_other():
  def check(here, name, at_load):
    del at_load
    mine, theirs = here.split('.'), name.split('.')
    if mine[:2] != ['musicnst', 'models'] or theirs[:2] != ['musicnst', 'models'] or len(mine) < 4 or len(theirs) < 3:
      return ''
    return f'family {mine[2]} imports {theirs[2]}' if theirs[2] not in (mine[2], 'base') else ''
  assert not _found(check)


def test_packages():
  def check(here, name, at_load):
    del at_load
    top, theirs = here.split('.')[0], name.split('.')[0]
    if theirs == 'experiments' and top != 'experiments':
      return 'imports experiments'
    if theirs == 'data_prep' and top == 'musicnst' and _layer(here) != 'cli':
      return 'musicnst imports data_prep'
    if top == 'data_prep' and theirs == 'musicnst' and _layer(name) not in {'reading', 'representations', 'data', 'configs', ''} | _COMMON:
      return f'data_prep imports {name}'
    return ''
  assert not _found(check)


def test_flags_are_read_only_in_the_jobs():
  def check(here, name, at_load):
    del at_load
    job = _layer(here) == 'cli' or here.startswith('experiments.') or here in ('data_prep.prepare', 'data_prep.convert')
    return 'reads flags' if name.startswith('absl.flags') and not job else ''
  assert not _found(check)


def test_tensorflow_only_where_it_belongs():
  def check(here, name, at_load):
    if name.split('.')[0] not in ('tensorflow', 'tensorflow_probability'):
      return ''
    if here.startswith('experiments'):
      return ''
    if _layer(here) == 'cli' and not at_load:
      return ''
    return '' if _layer(here) in _TENSORFLOW_HOMES else 'imports tensorflow'
  assert not _found(check)


def test_private_names_of_keras_have_one_home():
  def check(here, name, at_load):
    del at_load
    return f'imports {name}' if name.startswith('keras.src') and here != 'musicnst.models.filling' else ''
  assert not _found(check)


@pytest.mark.parametrize('library, homes', [
    ('apache_beam', ('data_prep.run_beam',)),
    ('music21', ('experiments.analysis.roman_truth', 'musicnst.rendering.musicxml', 'musicnst.rendering.musicxml_part'))])
def test_few_homes(library, homes):
  assert not _found(lambda here, name, at_load: f'imports {library}' if name.split('.')[0] == library and here not in homes else '')


def _module(path):
  return '.'.join(path.with_suffix('').parts).removesuffix('.__init__')


def _edges():
  """{module of the project: those of the project that it imports, when it loads or within a function}."""
  modules, edges = {_module(path) for path in _sources()}, {}
  for path in _sources():
    names = [name for name, *_ in _imports(ast.parse((_ROOT / path).read_text(encoding='utf-8')))]
    edges[_module(path)] = {name if name in modules else name.rpartition('.')[0] for name in names} & modules
  return edges


def _circles(edges):
  """Lists of modules that lead to each other (Tarjan's strongly connected components of more than one, or a module that imports itself)."""
  index, low, stack, found = {}, {}, [], []

  def visit(node):
    index[node] = low[node] = len(index)
    stack.append(node)
    for other in sorted(edges.get(node, ())):
      if other not in index:
        visit(other)
      if other in stack:
        low[node] = min(low[node], low[other])
    if low[node] == index[node]:
      members = stack[stack.index(node):]
      del stack[stack.index(node):]
      if len(members) > 1 or node in edges.get(node, ()):
        found.append(sorted(members))

  for node in sorted(edges):
    if node not in index:
      visit(node)
  return found


def test_circles_are_found():
  assert _circles({'a': {'b'}, 'b': {'c'}, 'c': {'b', 'd'}, 'd': set(), 'e': {'e'}}) == [['b', 'c'], ['e']]
  assert not _circles({'a': {'b', 'c'}, 'b': {'c'}, 'c': set()})


def test_modules_import_each_other_in_no_circle():
  assert not _circles(_edges())
