"""Short names for absl's flag definers, bound to one verb's flags."""
import functools

from absl import flags


def definers(flag_values):
  """(string, integer, number, boolean): each `(name, default, text)` defines a flag in `flag_values`."""
  bind = lambda define: functools.partial(_define, define, flag_values)
  return bind(flags.DEFINE_string), bind(flags.DEFINE_integer), bind(flags.DEFINE_float), bind(flags.DEFINE_boolean)


def _define(define, flag_values, name, default, text):
  define(name, default, text, flag_values=flag_values)
