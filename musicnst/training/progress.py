"""What a person sees of a running training: a bar on a terminal, lines in a log file."""
import sys
import time

import keras
import tqdm

SHOWN = ('loss', 'losses/reconstruction', 'losses/divergence', 'global_norm', 'learning_rate')


class Progress(keras.callbacks.Callback):
  """Progress bar where stderr is a terminal, else one line every `every` steps.

  Args:
    first_step, num_steps: where the training starts and ends.
    every: steps between lines.
  """

  def __init__(self, first_step, num_steps, every=100):
    super().__init__()
    self.first_step, self.num_steps, self.every = first_step, num_steps, every
    self._bar, self._last, self._since = None, first_step, time.perf_counter()

  def on_train_begin(self, logs=None):
    if sys.stderr.isatty():
      self._bar = tqdm.tqdm(total=self.num_steps, initial=self.first_step, unit='step', dynamic_ncols=True)

  def on_train_batch_end(self, batch, logs=None):
    """`batch` is the step now reached."""
    if self._bar is not None:
      self._bar.set_postfix({name.split('/')[-1]: f'{logs[name]:.4g}' for name in SHOWN[:3] if name in (logs or {})}, refresh=False)
      self._bar.update(batch - self._bar.n)
    elif batch // self.every > self._last // self.every or batch == self.num_steps:
      self._line(batch, logs or {})

  def on_test_end(self, logs=None):
    self._say('evaluation  ' + _text(logs or {}))

  def on_train_end(self, logs=None):
    if self._bar is not None:
      self._bar.close()

  def _line(self, step, logs):
    now = time.perf_counter()
    rate = (step - self._last) / max(now - self._since, 1e-9)
    self._last, self._since = step, now
    self._say(f'step {step}/{self.num_steps}  {_text({n: logs[n] for n in SHOWN if n in logs})}  {rate:.1f} steps/s')

  def _say(self, line):
    if self._bar is not None:
      self._bar.write(line, file=sys.stderr)
    else:
      print(line, file=sys.stderr, flush=True)


def _text(values):
  return '  '.join(f'{name.split("/", 1)[-1]} {value:.4g}' for name, value in values.items())
