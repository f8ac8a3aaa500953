"""TRANSFER_MAP: the methods, each a name, settings and a function from Request to Found; nothing is loaded until one runs."""
import dataclasses
import importlib

from musicnst.style_transfer import request as request_lib

DEFAULT_METHOD = 'guided'


@dataclasses.dataclass(frozen=True)
class Method:
  """One way to transfer style.

  Args:
    name, description: for `musicnst list`.
    module: where its `run(request)` is; `function` its name there.
    settings: defaults.
    arguments: keyword arguments that make this method of a module's function.
    needs: what the engine loads: 'latents' or 'nothing'.
  """

  name: str
  description: str
  module: str
  function: str = 'run'
  settings: request_lib.Settings = request_lib.Settings()
  arguments: dict = dataclasses.field(default_factory=dict)
  needs: str = 'latents'

  def run(self, request):
    """Request -> Found."""
    return getattr(importlib.import_module(self.module), self.function)(request, **self.arguments)

  def engine(self, model=None, imagenet=False):
    """The Engine this method works with."""
    from musicnst.style_transfer import engine
    return engine.load(model or engine.DEFAULT_MODEL)


TRANSFER_MAP = {method.name: method for method in (
    Method('guided', "the style piece's statistics and its genre's, inner classifiers, residual decoding, a budget of change (default)",
           'musicnst.style_transfer.guided_method'),
)}
