"""Learning curves of the networks that could be polyphonic-2bar, side by side against processor time.

  python -m experiments.run polyphonic_candidates --runs=runs/beats,runs/beats_rnn,runs/lstm --output=experiments/results/polyphonic_candidates

Reads the event files of finished or unfinished runs (`musicnst train --eval_examples_path=...`) and writes OUTPUT.json and OUTPUT.png. A name
may be given as NAME=FOLDER. Wall time says little on a shared machine, so the time axis is step x processor seconds a step, and these are measured
here, for each run's network under like conditions: `--measured_steps` steps on its own training windows (about a minute a run).
"""
import os
import tempfile
import time

from absl import flags

from experiments import report
from musicnst import errors
from musicnst.training import run_dir as run_dir_lib

# Measures of the evaluation that are kept, by their names in the event files.
MEASURES = {'metrics/onset_f1': 'onset_f1', 'metrics/frame_f1': 'frame_f1', 'losses/reconstruction': 'reconstruction', 'metrics/kl_nats': 'kl_nats',
            'loss': 'loss'}


def read_curves(folder):
  """[{'step', measure: value}] of all event files of a folder, by step; where a resumed run repeats a step, the later value."""
  import tensorflow as tf
  from musicnst.training import summaries
  points = {}
  for path in summaries.event_files(folder):
    try:
      for event in tf.compat.v1.train.summary_iterator(path):
        for value in event.summary.value:
          if value.tag in MEASURES:
            points.setdefault(event.step, {})[MEASURES[value.tag]] = float(tf.make_ndarray(value.tensor))
    except tf.errors.DataLossError:  # the last record of a run that goes on, or was killed
      continue
  return [{'step': step, **points[step]} for step in sorted(points)]


def seconds_per_step(stored, steps):
  """Processor seconds of a training step of a run's config, from the second call of the compiled function on.

  Args:
    stored: `RunDir.read_json()`.
    steps: steps to measure, after ten to start with.
  """
  import keras
  from musicnst import configs
  from musicnst.training import loop
  marks = []

  class Clock(keras.callbacks.Callback):

    def on_train_batch_end(self, step, logs=None):
      marks.append((step, time.process_time()))

  run = stored['run']
  with tempfile.TemporaryDirectory() as folder:
    loop.train(configs.from_dict(stored), folder, run['examples_path'], callbacks=(Clock(),), num_steps=10 + steps, steps_per_call=10, seed=0,
               mixed_precision=run.get('mixed_precision', False), checkpoint_every_secs=0, log_every_steps=10 + steps + 1, show_progress=False)
  first = next(i for i, (step, _) in enumerate(marks) if step >= 10)
  return (marks[-1][1] - marks[first][1]) / (marks[-1][0] - marks[first][0])


def measure(runs, measured_steps):
  """{name: curves and what the run is}, see the module.

  Args:
    runs: {name: run folder}.
    measured_steps: see `seconds_per_step`.

  Raises:
    DataError: a folder without a run, or without an evaluation.
  """
  found = {}
  for name, folder in runs.items():
    stored = run_dir_lib.RunDir(folder).read_json()
    curve = read_curves(os.path.join(folder, 'eval'))
    if not stored or not curve:
      raise errors.DataError(f'{folder}: not a run folder with evaluations; train with --eval_examples_path')
    seconds = seconds_per_step(stored, measured_steps)
    stamp = lambda points, seconds=seconds: [{'cpu_minutes': round(p['step'] * seconds / 60, 3), **p} for p in points]
    found[name] = {
        'config': stored['name'], 'hparams': stored['hparams'], 'cpu_seconds_per_step': round(seconds, 4), 'windows_per_cpu_second':
        round(stored['hparams']['batch_size'] / seconds, 1), 'mixed_precision': stored['run'].get('mixed_precision', False),
        'examples_path': os.path.basename(stored['run'].get('examples_path', '')), 'evaluation': stamp(curve),
        'training': stamp(read_curves(os.path.join(folder, 'train'))[::5])}
  return found


def draw(found, path):
  """Onset F1 on validation and the training's reconstruction against processor minutes, as .png."""
  with report.figure(path, 1, 2, figsize=(11, 4.2)) as (_, axes):
    left, right = axes[0]
    for name, run in found.items():
      for axis, part, measure_name in ((left, 'evaluation', 'onset_f1'), (right, 'training', 'reconstruction')):
        points = [p for p in run[part] if measure_name in p]
        axis.plot([p['cpu_minutes'] for p in points], [p[measure_name] for p in points], marker='.', label=name)
    report.label(left, '', 'processor minutes (one thread)', 'onset F1, validation')
    report.label(right, '', 'processor minutes (one thread)', 'reconstruction, nats a window (training)')
    left.set_ylim(0, 1)
    right.set_yscale('log')


def run(runs, output, measured_steps=30):
  """Writes OUTPUT.json and OUTPUT.png; returns what the JSON holds. `runs`: list of folders or NAME=FOLDER."""
  pairs = [text.split('=', 1) if '=' in text else (os.path.basename(os.path.normpath(text)), text) for text in runs]
  found = measure(dict(pairs), measured_steps)
  report.write_json(f'{output}.json', found)
  draw(found, f'{output}.png')
  return found


def define_flags(flag_values):
  """The experiment's flags."""
  flags.DEFINE_list('runs', None, 'Run folders, comma-separated, each FOLDER or NAME=FOLDER.', flag_values=flag_values, required=True)
  flags.DEFINE_string('output', None, 'Prefix of the .json and the .png.', flag_values=flag_values, required=True)
  flags.DEFINE_integer('measured_steps', 30, 'Steps to measure the processor time of.', lower_bound=10, flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`, on one thread."""
  from musicnst.training import strategy
  strategy.prepare_devices(num_threads=1)
  for name, found in run(flag_values.runs, flag_values.output, flag_values.measured_steps).items():
    last = found['evaluation'][-1]
    print(f"{name}: {found['cpu_seconds_per_step']} s a step; step {last['step']} after {last['cpu_minutes']} minutes: "
          f"onset F1 {last.get('onset_f1', 0):.3f}")
