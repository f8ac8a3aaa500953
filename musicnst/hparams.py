"""Hyperparameters: a frozen mapping with attribute access and strict `a=1,b=[2,3]` overrides, as Magenta's flag takes them."""
import ast
import re
from collections.abc import Mapping

from musicnst import errors


class HParams(Mapping):
  """A frozen mapping of hyperparameters.

  Example:
    >>> h = HParams(z_size=256, dec_rnn_size=[256, 256])
    >>> h.override('z_size=64,dec_rnn_size=[32]').z_size
    64
  """

  def __init__(self, **values):
    object.__setattr__(self, '_values', {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

  def __getitem__(self, name):
    return self._values[name]

  def __iter__(self):
    return iter(self._values)

  def __len__(self):
    return len(self._values)

  def __getattr__(self, name):
    if name.startswith('_'):
      raise AttributeError(name)
    try:
      return self._values[name]
    except KeyError:
      raise AttributeError(f'no hyperparameter {name!r}; known: {", ".join(sorted(self._values))}') from None

  def __setattr__(self, name, value):
    raise AttributeError(f'hyperparameters are frozen; use override({name}={value!r})')

  def __reduce__(self):
    return _rebuild, (self.to_dict(),)

  def __repr__(self):
    return f'HParams({", ".join(f"{k}={v!r}" for k, v in self._values.items())})'

  def to_dict(self):
    """JSON-able dict (tuples become lists)."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in self._values.items()}

  def extend(self, **values):
    """A copy with new or replaced names: for stacking defaults in code."""
    return HParams(**{**self._values, **values})

  def override(self, text='', **values):
    """A copy with known names replaced, from `'a=1,b=[2,3]'` and keywords.

    Raises:
      HparamError: unknown name, unreadable text or wrong type.
    """
    new = dict(self._values)
    for name, value in {**parse(text), **values}.items():
      if name not in new:
        raise errors.HparamError(f'unknown hyperparameter {name!r}; known: {", ".join(sorted(new))}')
      new[name] = _checked(name, new[name], value)
    return HParams(**new)


def _rebuild(values):
  return HParams(**values)


def parse(text):
  """`'a=1,b=[2,3],c=text'` -> dict.

  Raises:
    HparamError: a part without `=`, or one that cannot be read.
  """
  values = {}
  for part in filter(None, (p.strip() for p in re.split(r',(?![^\[\(]*[\]\)])', text or ''))):
    name, sign, value = part.partition('=')
    if not sign or not name.strip().isidentifier():
      raise errors.HparamError(f'cannot read {part!r} in --hparams; write name=value,name=[v1,v2]')
    values[name.strip()] = _literal(value.strip())
  return values


def _literal(value):
  if value.lower() in ('true', 'false'):
    return value.lower() == 'true'
  try:
    return ast.literal_eval(value)
  except (ValueError, SyntaxError):
    # Words need no quotes: [pop,folk] is a list of them.
    return [_literal(word.strip()) for word in value[1:-1].split(',') if word.strip()] if value[:1] + value[-1:] in ('[]', '()') else value


def _checked(name, old, new):
  if isinstance(new, list):
    new = tuple(new)
  if isinstance(old, bool) != isinstance(new, bool) and old is not None:
    raise errors.HparamError(f'hyperparameter {name}: {new!r} is not a {type(old).__name__}')
  if isinstance(old, float) and isinstance(new, int):
    return float(new)
  if isinstance(old, tuple) and not isinstance(new, tuple):
    return (new,)
  if old is not None and not isinstance(new, type(old)):
    raise errors.HparamError(f'hyperparameter {name}: {new!r} is not a {type(old).__name__}')
  return new
