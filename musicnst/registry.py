"""Registries are plain dicts of names; this is how a name is looked up in one."""
import difflib

from musicnst import errors


def lookup(mapping, name, kind):
  """`mapping[name]`; an unknown name raises `UnknownNameError` listing the known ones and the nearest."""
  if name in mapping:
    return mapping[name]
  near = difflib.get_close_matches(str(name), list(mapping), n=1)
  hint = f' Did you mean {near[0]!r}?' if near else ''
  raise errors.UnknownNameError(f'unknown {kind} {name!r}.{hint} Known: {", ".join(sorted(mapping))}')
