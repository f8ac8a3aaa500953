"""What `musicnst --help` and `musicnst <verb> --help` print."""
import textwrap

_WIDTH = 100
_INDENT = 26


def overview(verbs):
  """The page for `musicnst --help`, from the verb table."""
  lines = [
      'musicnst: neural style transfer for symbolic music.',
      '',
      'usage: musicnst VERB --flag=value ...',
      '',
      'verbs:',
      *(f'  {verb:{max(map(len, verbs))}}  {line}' for verb, line in verbs.items()),
      '',
      'musicnst VERB --help lists the flags of a verb; --version prints the version; --debug shows where an error arose.',
      'A first try: musicnst transfer --content=a.mid --style=b.mid --output=c.mid --report_dir=report',
  ]
  return '\n'.join(lines)


def of_verb(verb, module, flag_values):
  """The page for `musicnst VERB --help`: the module's docstring, then every flag with its default."""
  lines = [f'usage: musicnst {verb} --flag=value ...', '', (module.__doc__ or '').strip(), '', 'flags:']
  for flag in _in_order_of_definition(flag_values):
    lines.extend(_describe(flag))
  return '\n'.join(lines)


def _in_order_of_definition(flag_values):
  return [flag for defined in flag_values.flags_by_module_dict().values() for flag in defined]


def _describe(flag):
  kind = flag.flag_type()
  name = f'  --[no]{flag.name}' if kind == 'bool' else f'  --{flag.name}'
  text = flag.help or ''
  if kind == 'string enum':  # absl writes the choices before the help: <a|b>: what it is
    text = text.replace('>: ', '> ', 1)
  if flag.default not in (None, '', []) and not (kind == 'bool' and flag.default is False):
    text += f' (default: {flag.default_as_str})'
  body = textwrap.wrap(' '.join(text.split()), _WIDTH - _INDENT) or ['']
  if len(name) >= _INDENT - 1:
    return [name, *(' ' * _INDENT + line for line in body)]
  return [name.ljust(_INDENT) + body[0], *(' ' * _INDENT + line for line in body[1:])]
