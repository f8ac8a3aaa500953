"""Registries are plain dicts of names and factories: how a name is looked up in one, and how a factory is named without being loaded."""
import difflib
import functools
import importlib

from musicnst import errors


def lookup(mapping, name, kind):
  """`mapping[name]`; an unknown name raises `UnknownNameError` listing the known ones and the nearest."""
  if name in mapping:
    return mapping[name]
  near = difflib.get_close_matches(str(name), list(mapping), n=1)
  hint = f' Did you mean {near[0]!r}?' if near else ''
  raise errors.UnknownNameError(f'unknown {kind} {name!r}.{hint} Known: {", ".join(sorted(mapping))}')


def late(module, name):
  """A factory that imports its module when it is called: a registry can list what it makes without loading TensorFlow."""
  return functools.partial(_call, module, name)


def _call(module, name, *args, **kwargs):
  return getattr(importlib.import_module(module), name)(*args, **kwargs)
