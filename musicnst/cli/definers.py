"""Short names for absl's flag definers, bound to one verb's flags, and the flags of a settings class."""
import functools

from absl import flags

from musicnst import options

# Written type of a field (without `| None`) -> absl's definer.
_DEFINERS = {'str': flags.DEFINE_string, 'int': flags.DEFINE_integer, 'float': flags.DEFINE_float, 'bool': flags.DEFINE_boolean}


def definers(flag_values):
  """(string, integer, number, boolean): each `(name, default, text)` defines a flag in `flag_values`."""
  bind = lambda define: functools.partial(_define, define, flag_values)
  return bind(flags.DEFINE_string), bind(flags.DEFINE_integer), bind(flags.DEFINE_float), bind(flags.DEFINE_boolean)


def define_options(flag_values, settings_class):
  """Defines a flag for each option of a settings dataclass (see `options.option`)."""
  for field in options.declared(settings_class):
    written = field.metadata
    if written['choices']:
      flags.DEFINE_enum(field.name, written['flag_default'], written['choices'], written['text'], flag_values=flag_values)
    elif isinstance(written['flag_default'], list):
      flags.DEFINE_list(field.name, written['flag_default'], written['text'], flag_values=flag_values)
    else:
      kind = 'str' if written['parse'] else _type_name(field).split(' ')[0]
      _DEFINERS[kind](field.name, written['flag_default'], written['text'], flag_values=flag_values)


def settings_of(flag_values, settings_class, **others):
  """The settings that the flags say; `others` are fields without a flag."""
  values = {}
  for field in options.declared(settings_class):
    value, parse = getattr(flag_values, field.name), field.metadata['parse']
    values[field.name] = parse(value) if parse else value
  return settings_class(**values, **others)


def _type_name(field):
  return field.type if isinstance(field.type, str) else getattr(field.type, '__name__', str(field.type))


def _define(define, flag_values, name, default, text):
  define(name, default, text, flag_values=flag_values)
