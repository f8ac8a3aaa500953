"""Run by the tests as a process of its own: trains, writes the loss of each step, and may kill itself with SIGKILL at a step.

  python worker.py '{"arguments": {...of train.run and its settings}, "losses": "file.json", "kill_at": 7}'
"""
import dataclasses
import json
import os
import signal
import sys

from musicnst import quiet

quiet.hush()

import keras  # noqa: E402  (after hush)

from musicnst.cli import train  # noqa: E402
from musicnst.training import settings as settings_lib  # noqa: E402


class Recorder(keras.callbacks.Callback):
  """Keeps the losses; dies at `kill_at`."""

  def __init__(self, kill_at):
    super().__init__()
    self.kill_at, self.losses = kill_at, {}

  def on_train_batch_end(self, batch, logs=None):
    self.losses[batch] = logs['loss']
    if batch == self.kill_at:
      os.kill(os.getpid(), signal.SIGKILL)


def main(request):
  recorder = Recorder(request.get('kill_at'))
  fields = {field.name for field in dataclasses.fields(settings_lib.Settings)}
  arguments = request['arguments']
  settings = settings_lib.Settings(show_progress=False, **{name: value for name, value in arguments.items() if name in fields})
  train.run(callbacks=[recorder], settings=settings, **{name: value for name, value in arguments.items() if name not in fields})
  with open(request['losses'], 'w', encoding='utf-8') as handle:
    json.dump(recorder.losses, handle)


if __name__ == '__main__':
  main(json.loads(sys.argv[1]))
