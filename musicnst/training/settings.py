"""How a training run goes, beside what its config says: each option once, for `loop.train` and the verb."""
import dataclasses

from musicnst import errors
from musicnst.options import option


@dataclasses.dataclass(frozen=True)
class Settings:
  """Settings of `loop.train`; the fields are the flags of `musicnst train`, with their help.

  Raises:
    ArgumentError: a value out of range, or two that contradict each other.
  """

  num_steps: int = option(200000, 'The run ends at this step.')
  eval_num_batches: int | None = option(None, 'Batches of an evaluation; all by default.')
  checkpoints_to_keep: int = option(100, 'Latest checkpoints to keep; 0 for all.')
  keep_checkpoint_every_n_hours: float | None = option(1.0, 'Of older checkpoints, keep one every so many hours.')
  cache_dataset: bool = option(True, 'Keep the windows in memory where they fit.')
  eval_examples_path: str = option('', 'Window records to evaluate on while training; the best checkpoint is kept in best/.')
  eval_every_steps: int = option(1000, 'Steps between these evaluations.')
  best_by: str = option('loss', 'Measure that decides the best checkpoint: loss, or metrics/onset_f1 and the like (more is better).')
  warm_start: str = option(
      '', "Bundle, run folder or one of Magenta's checkpoints to take the first weights from; the training starts at step 0.")
  checkpoint_file: str = option(
      '', "One of Magenta's checkpoints, or a bundle imported from one, whose training goes on: weights, step, and the optimizer's state where "
      'it is there.')
  mixed_precision: bool = option(False, 'Compute in bfloat16, keep weights in float32.')
  seed: int | None = option(None, "Of weights, order of the data and noise; by default the run folder's, else 0.")
  checkpoint_every_secs: float = option(60.0, 'Wall time between checkpoints; 0 for none by time.')
  checkpoint_every_steps: int = option(0, 'Steps between checkpoints; 0 for none by steps.')
  log_every_steps: int = option(100, 'Steps between points of the curves.')
  steps_per_call: int = option(10, 'Steps that TensorFlow makes at a stretch.')
  max_seconds: float = option(0.0, 'Stop, with a checkpoint, after this wall time; 0 for no limit.')
  show_progress: bool = option(True, 'A bar on a terminal, lines elsewhere.', flag=False)

  def __post_init__(self):
    for name in ('num_steps', 'eval_every_steps', 'log_every_steps', 'steps_per_call'):
      if getattr(self, name) < 1:
        raise errors.ArgumentError(f'{name} is {getattr(self, name)}; it must be at least 1')
    if self.warm_start and self.checkpoint_file:
      raise errors.ArgumentError('give warm_start (weights only) or checkpoint_file (a training that goes on), not both')
    for name in ('checkpoints_to_keep', 'checkpoint_every_secs', 'checkpoint_every_steps', 'max_seconds'):
      if getattr(self, name) < 0:
        raise errors.ArgumentError(f'{name} is {getattr(self, name)}; it must not be negative')
