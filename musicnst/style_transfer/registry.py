"""TRANSFER_MAP: the methods by name. Nothing is loaded until one is asked for."""
import dataclasses
import functools
import importlib
from typing import Any

from musicnst import errors
from musicnst import registry
from musicnst.style_transfer import method as method_lib

DEFAULT_METHOD = 'arrange'
# What names a model: a bundle, run folder, path or `inference.Source`; None for the method's own.
Model = Any
# What every method starts from; an entry's defaults stand above it.
_DEFAULTS = {'strength': .6, 'style_weight': 1.0, 'content_weight': 1.0, 'num_steps': 70, 'learning_rate': .35}
# Iterations and step sizes of the paper's experiments; a step of VGG-19 costs a hundred of the others'.
PAPER_STEPS, VGG_STEPS = 60, 30
# The classifier's features of a roll change so fast that larger steps raise the loss, ten thousandfold at .05.
PAPER_RATES = {('vgg', 'roll'): .05, ('classifier', 'roll'): .002, ('vgg', 'latents'): .08, ('classifier', 'latents'): .08}


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
  """One entry of TRANSFER_MAP.

  Args:
    name, description: for `musicnst list`.
    classes: subclasses of `method.Method`, written 'room.module:Class'; of several the first that takes the model.
    defaults: what `request.Settings` leave open.
    arguments: of `Method.load`.
  """

  name: str
  description: str
  classes: tuple[str, ...]
  defaults: dict[str, Any]
  arguments: dict[str, Any]

  def load(self, model: Model = None) -> method_lib.Method:
    """The Method around a model: a name, path or `inference.Source`; None takes the method's own, if it uses one.

    Raises:
      ArgumentError: a model for a method that uses none.
      ModelNotFoundError: no such model, none named where one is needed, or one that the method does not take.
    """
    classes = [_class(text) for text in self.classes]
    if not classes[0].uses_model:
      if model:
        raise errors.ArgumentError(
            f'method {self.name} works without a model, so that {model} plays no part; --method=guided, for example, has one')
      return classes[0].load(None, **self.arguments)
    if not model and not classes[0].default_model:
      raise errors.ModelNotFoundError(f'method {self.name} needs --model, {classes[0].wants}')
    from musicnst.models import base  # loads Keras, which `musicnst list` must not
    loaded = method_lib.load_model(model or classes[0].default_model)
    found = next((cls for cls in classes if cls.takes(loaded)), None)
    if found is None:
      wanted = ' or '.join(cls.wants for cls in classes)
      can = '; '.join(base.abilities(loaded.model)) or 'nothing of the kind'
      raise errors.ModelNotFoundError(
          f'{loaded.name}: config {loaded.config.name!r} can {can}, on {loaded.converter.name}; method {self.name} needs {wanted}')
    return found.load(loaded, **self.arguments)


def _class(text: str) -> type[method_lib.Method]:
  module, name = text.split(':')
  return getattr(importlib.import_module(f'musicnst.style_transfer.{module}'), name)


def lookup(name: str) -> Entry:
  """The entry of a method; UnknownNameError lists the known ones."""
  return registry.lookup(TRANSFER_MAP, name, 'method')


@functools.lru_cache(maxsize=4)
def load(name: str, model: Model = None) -> method_lib.Method:
  """`lookup(name).load(model)`, once a process, so that a method that was compiled is used again."""
  return lookup(name).load(model)


def _entry(name: str, description: str, *classes: str, arguments: dict[str, Any] | None = None, **defaults: float) -> Entry:
  return Entry(name, description, classes, {**_DEFAULTS, **defaults}, arguments or {})


def _paper(network: str, space: str, number: int, text: str) -> Entry:
  steps = VGG_STEPS if network == 'vgg' else PAPER_STEPS
  return _entry(
      f'paper-{network}-{space}', f"the paper's experiment {number}: {text}", f'paper.method:Paper{space.capitalize()}',
      arguments={'network': network}, strength=1.0, num_steps=steps, learning_rate=PAPER_RATES[network, space])


def _control(name: str, text: str, cls: str) -> Entry:
  return _entry(name, f'control: {text}', f'controls:{cls}', strength=1.0)


def _walk(name: str, text: str, strength: float = 1.0) -> Entry:
  return _entry(name, f'control: {text}', 'controls:LatentWalk', 'tokens.method:TokenWalk', arguments={'name': name}, strength=strength)


TRANSFER_MAP = {entry.name: entry for entry in (
    _entry('arrange', "the content's tune, chords and form, accompanied by the style piece's figures; no model, no genre (default)",
           'arrange.method:ArrangeMethod', strength=1.0),
    _entry('guided', "the style piece's statistics and its genre's, inner classifiers, residual decoding, a budget of change",
           'guided.method:GuidedMethod', 'tokens.method:TokenGuided'),
    _paper('vgg', 'roll', 1, 'Gram matrices of VGG-19 on the roll'),
    _paper('classifier', 'roll', 2, 'dot products of the composer classifier on the roll'),
    _paper('vgg', 'latents', 3, 'Gram matrices of VGG-19 on rows of latents'),
    _paper('classifier', 'latents', 4, 'dot products of the composer classifier on rows of latents'),
    _entry('cyclegan', 'a CycleGAN of two genres (--model): four bars at a time to the genre of --style_genre',
           'generators.cyclegan:CycleGANMethod', strength=.5),
    _entry('cyclegan-cycled', 'the same and back to the first genre', 'generators.cyclegan:CycleGANMethod',
           arguments={'there_and_back': True}, strength=.5),
    _entry('musae', 'voices carried from their genre to that of the style in a MusAE (--model) of a mixture; strength is how far',
           'generators.musae:MusAEMethod', strength=1.0),
    _control('copy', 'the content as it is', 'Copy'),
    _control('silence', 'no notes at all', 'Silence'),
    _control('half-notes', 'half of the notes, drawn by the seed', 'HalfNotes'),
    _control('style-piece', 'the style piece itself, at the tempo and length of the content', 'StylePiece'),
    _walk('reconstruction', 'the content through the autoencoder'),
    _walk('interpolation', 'between the latents of content and style; strength is how far', strength=.5),
    _walk('arithmetic', 'latents moved by the difference of the means of style and content'),
    _walk('moment-matching', 'mean and deviation of the latents moved to those of the style'),
)}
