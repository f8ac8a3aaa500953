"""What there is to name: configs, transfer methods, bundles, corpora, a line each."""
import importlib

from absl import flags

from musicnst import bundles

KINDS = ('configs', 'methods', 'bundles', 'corpora')


def define_flags(flag_values):
  """The verb's flags."""
  flags.DEFINE_enum('kind', 'all', ('all', *KINDS), 'What to list.', flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  print(run(KINDS if flag_values.kind == 'all' else (flag_values.kind,)))


def run(kinds=KINDS):
  """The listing as text: a heading and indented lines for each of `kinds`."""
  found = {kind: _FINDERS[kind]() for kind in kinds}
  width = max((len(name) for entries in found.values() for name in entries), default=0)
  blocks = []
  for kind, entries in found.items():
    lines = [f'  {name:{width}}  {_first_line(text)}'.rstrip() for name, text in entries.items()] or ['  none']
    blocks.append('\n'.join([f'{kind}:', *lines]))
  return '\n\n'.join(blocks)


def _configs():
  from musicnst import configs
  return {name: config.description for name, config in configs.config_map().items()}


def _methods():
  entries = importlib.import_module('musicnst.style_transfer.registry').TRANSFER_MAP
  return {name: method.description for name, method in entries.items()}


def _corpora():
  corpus_map = importlib.import_module('data_prep.corpora.corpus_map')
  collections = {name: 'together: ' + ', '.join(members) for name, members in corpus_map.COLLECTIONS.items()}
  return {**{name: corpus.description for name, corpus in corpus_map.CORPUS_MAP.items()}, **collections}


def _first_line(text):
  return ' '.join(str(text).split())


_FINDERS = {'configs': _configs, 'methods': _methods, 'bundles': bundles.names, 'corpora': _corpora}
