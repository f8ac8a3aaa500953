"""Named errors: each says which file or value, what is wrong, and what to do.

A verb that meets a `MusicnstError` prints its message and exits with code 2; a batch job counts it under `reason` and goes on.
"""


class MusicnstError(Exception):
  """An error a person can act on. `reason` is the short snake_case name it is counted under."""

  reason = 'error'


class ReadError(MusicnstError):
  """A file that cannot be read as music.

  Args:
    path: the file.
    reason: snake_case name for counting, such as `truncated_midi`, `no_notes`, `too_many_notes`, `not_midi`.
    detail: what is wrong, with the value found and the value allowed.
    advice: what to do about it; optional.
  """

  def __init__(self, path, reason, detail, advice=''):
    self.path, self.reason, self.detail, self.advice = str(path), reason, detail, advice
    super().__init__(f'{path}: {detail}' + (f' {advice}' if advice else ''))

  def __reduce__(self):
    return type(self), (self.path, self.reason, self.detail, self.advice)


class RejectedSequence(MusicnstError):
  """A sequence (or a piece of one) that a converter or filter does not take; counted by `reason`."""

  def __init__(self, reason, detail=''):
    self.reason, self.detail = reason, detail
    super().__init__(f'{reason}: {detail}' if detail else reason)

  def __reduce__(self):
    return type(self), (self.reason, self.detail)


class UnknownNameError(MusicnstError, ValueError):
  """A name that a registry does not hold; the message lists the known ones."""

  reason = 'unknown_name'


class HparamError(MusicnstError, ValueError):
  """An unknown hyperparameter, or a value of the wrong type."""

  reason = 'bad_hparam'


class ModelNotFoundError(MusicnstError):
  """No bundle, run folder or checkpoint where one was named, or a damaged one."""

  reason = 'model_not_found'


class AbilityError(ModelNotFoundError):
  """A model that cannot do what is asked of it.

  Args:
    what: what asked, such as 'interpolation'.
    config: the model's config.
    missing: what it would have to be able to do, one of these, each to be read after 'can'.
    able: what it can do, likewise.
  """

  reason = 'missing_ability'

  def __init__(self, what, config, missing, able):
    self.what, self.config, self.missing, self.able = what, config, tuple(missing), tuple(able)
    can = f'it can {", ".join(self.able)}' if self.able else 'it can do nothing that is asked for by name'
    super().__init__(f'{what} needs a model that can {" or ".join(self.missing)}; config {config!r} cannot: {can}')

  def __reduce__(self):
    return type(self), (self.what, self.config, self.missing, self.able)


class CheckpointError(ModelNotFoundError):
  """A checkpoint of Magenta's that is missing, damaged, unsafe to open, or of another model than asked for."""

  reason = 'bad_checkpoint'


class DataError(MusicnstError):
  """Records that cannot be used: none found, fewer than a batch, made by another config."""

  reason = 'bad_data'


class OutputError(MusicnstError):
  """An output that cannot be written: no permission, no space, no such folder."""

  reason = 'cannot_write'


class TrainingError(MusicnstError):
  """A training that cannot go on, such as a loss that is not finite; names the step."""

  reason = 'training_failed'


class ArgumentError(MusicnstError, ValueError):
  """Flags or arguments that contradict each other or lie outside their range."""

  reason = 'bad_argument'
