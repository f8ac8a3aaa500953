"""TRANSFER_MAP: the methods, each a name, settings and a function from Request to Found; nothing is loaded until one runs."""
import dataclasses
import importlib

from musicnst.style_transfer import request as request_lib

DEFAULT_METHOD = 'guided'
PACKAGE = 'musicnst.style_transfer'
# Iterations and step sizes of the paper's experiments; a step of VGG-19 costs a hundred of the others'.
PAPER_STEPS, VGG_STEPS = 60, 30
# The classifier's features of a roll change so fast that larger steps raise the loss, ten thousandfold at .05.
PAPER_RATES = {('vgg', 'roll'): .05, ('classifier', 'roll'): .002, ('vgg', 'latents'): .08, ('classifier', 'latents'): .08}


@dataclasses.dataclass(frozen=True)
class Method:
  """One way to transfer style.

  Args:
    name, description: for `musicnst list`.
    module: where its `run(request)` is; `function` its name there.
    settings: defaults.
    arguments: keyword arguments that make this method of a module's function.
    needs: what the engine loads, see `engine.NEEDS`.
    loader: module whose `load(model)` gives the Engine instead, for a method with a model of its own.
  """

  name: str
  description: str
  module: str
  function: str = 'run'
  settings: request_lib.Settings = request_lib.Settings()
  arguments: dict = dataclasses.field(default_factory=dict)
  needs: str = 'guidance'
  loader: str = ''

  def run(self, request):
    """Request -> Found."""
    return getattr(importlib.import_module(self.module), self.function)(request, **self.arguments)

  def engine(self, model=None, imagenet=False):
    """The Engine this method works with."""
    if self.loader:
      return importlib.import_module(self.loader).load(model)
    from musicnst.style_transfer import engine
    return engine.load(model or engine.DEFAULT_MODEL, self.needs, imagenet)


def _paper(network, space, number, text):
  settings = request_lib.Settings(
      strength=1.0, num_steps=VGG_STEPS if network == 'vgg' else PAPER_STEPS, learning_rate=PAPER_RATES[network, space])
  return Method(
      f'paper-{network}-{space}', f"the paper's experiment {number}: {text}", f'{PACKAGE}.paper.method', settings=settings,
      arguments={'network': network, 'space': space}, needs='latents' if space == 'latents' else 'nothing')


def _control(name, text, needs='nothing', strength=1.0, **arguments):
  return Method(
      name, f'control: {text}', f'{PACKAGE}.controls', name.replace('-', '_'), request_lib.Settings(strength=strength), arguments, needs)


def _cyclegan(name, text, **arguments):
  module = f'{PACKAGE}.generators.cyclegan'
  return Method(name, text, module, settings=request_lib.Settings(strength=.5), arguments=arguments, needs='nothing', loader=module)


TRANSFER_MAP = {method.name: method for method in (
    Method('guided', "the style piece's statistics and its genre's, inner classifiers, residual decoding, a budget of change (default)",
           f'{PACKAGE}.guided.method'),
    _paper('vgg', 'roll', 1, 'Gram matrices of VGG-19 on the roll'),
    _paper('classifier', 'roll', 2, 'dot products of the composer classifier on the roll'),
    _paper('vgg', 'latents', 3, 'Gram matrices of VGG-19 on rows of latents'),
    _paper('classifier', 'latents', 4, 'dot products of the composer classifier on rows of latents'),
    _cyclegan('cyclegan', 'a CycleGAN of two genres (--model): four bars at a time to the genre of --style_genre'),
    _cyclegan('cyclegan-cycled', 'the same and back to the first genre', there_and_back=True),
    Method('musae', 'voices carried from their genre to that of the style in a MusAE (--model) of a mixture; strength is how far',
           f'{PACKAGE}.generators.musae', settings=request_lib.Settings(strength=1.0), needs='nothing', loader=f'{PACKAGE}.generators.musae'),
    _control('copy', 'the content as it is'),
    _control('silence', 'no notes at all'),
    _control('half-notes', 'half of the notes, drawn by the seed'),
    _control('style-piece', 'the style piece itself, at the tempo and length of the content'),
    _control('reconstruction', 'the content through the autoencoder', 'latents'),
    _control('interpolation', 'between the latents of content and style; strength is how far', 'latents', strength=.5),
    _control('arithmetic', 'latents moved by the difference of the means of style and content', 'latents'),
    _control('moment-matching', 'mean and deviation of the latents moved to those of the style', 'latents'),
)}
