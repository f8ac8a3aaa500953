"""Names of a model's variables for checkpoints and bundles: the public attributes that lead to them, such as `encoder/blocks_0/inner/kernel`.

Keras's own `variable.path` will not do: layers without an explicit name are numbered by a counter of the whole process, so the second
model built in a process has other paths than the first.
"""
import keras


def named_variables(model):
  """{name: `keras.Variable`} of every variable of the model (weights and random states), each once, in the order of its attributes."""
  named, seen = {}, set()
  for name, variable in _walk(model, '', seen):
    named[_free(name, named)] = variable
  found = {id(variable) for variable in named.values()}
  for variable in model.variables:
    if id(variable) not in found:
      named[_free(variable.path, named)] = variable
  return named


def _walk(thing, prefix, seen):
  """(name, variable) pairs below a layer, a variable, or a list or dict of them."""
  if id(thing) in seen:
    return
  if isinstance(thing, keras.Variable):
    seen.add(id(thing))
    yield prefix.rstrip('/'), thing
  elif isinstance(thing, (keras.layers.Layer, keras.random.SeedGenerator)):
    seen.add(id(thing))
    for name, value in vars(thing).items():
      if not name.startswith('_'):  # private ones are Keras's own, which may change
        yield from _walk(value, f'{prefix}{name}/', seen)
    # What a layer holds behind a property, such as the kernel of one of Keras's, has the name that it was made under.
    for variable in thing.variables if isinstance(thing, keras.layers.Layer) else ():
      if id(variable) not in seen:
        seen.add(id(variable))
        yield f'{prefix}{variable.name}', variable
  elif isinstance(thing, (list, tuple)):
    for i, value in enumerate(thing):
      yield from _walk(value, f'{prefix[:-1]}_{i}/', seen)
  elif isinstance(thing, dict):
    for name, value in thing.items():
      yield from _walk(value, f'{prefix}{name}/', seen)


def _free(name, named):
  candidate, number = name, 1
  while candidate in named:
    candidate, number = f'{name}#{number}', number + 1
  return candidate
