"""Curves read back from event files, and a run from folder to figure."""
import json

import pytest
import tensorflow as tf

from experiments import report
from experiments.bundles import polyphonic_candidates
from musicnst import configs
from musicnst import errors
from musicnst.training import loop
from musicnst.training import summaries
from tests.training import tiny


@pytest.fixture(autouse=True)
def process_settings(monkeypatch):
  monkeypatch.setattr(tf.config.experimental, 'enable_op_determinism', lambda: None)


def test_curves_come_back_in_order_the_later_file_wins(tmp_path):
  for values in ({5: .5, 10: .6}, {10: .7, 15: .8}):
    writer = summaries.Writer(str(tmp_path))
    for step, value in values.items():
      writer.scalars({'metrics/onset_f1': value, 'other': 1.0}, step)
    writer.close()
  points = polyphonic_candidates.read_curves(str(tmp_path))
  assert [p['step'] for p in points] == [5, 10, 15]
  assert [p['onset_f1'] for p in points] == pytest.approx([.5, .7, .8]) and 'other' not in points[0]


@pytest.mark.slow
def test_a_run_becomes_curves_against_processor_time(tmp_path, figures):
  config = configs.get('polyphonic-2bar', tiny.HPARAMS)
  windows = tiny.write_windows(tmp_path / 'w.tfrecord', config.build_converter(), 16)
  last = loop.train(
      config, tmp_path / 'run', windows, eval_examples_path=windows, eval_every_steps=2, num_steps=4, show_progress=False, **tiny.EACH_STEP)
  found = polyphonic_candidates.run([f'beats={tmp_path / "run"}'], str(tmp_path / 'out'), measured_steps=10)
  assert json.loads((tmp_path / 'out.json').read_text()) == report.rounded(found) and (tmp_path / 'out.png').read_bytes()[:4] == b'\x89PNG'
  run = found['beats']
  assert [p['step'] for p in run['evaluation']] == [2, 4]
  assert run['evaluation'][1]['onset_f1'] == pytest.approx(last['evaluation/metrics/onset_f1'], abs=1e-6)
  (figure,), points = figures, run['evaluation']
  line, = figure.axes[0].lines
  assert line.get_xydata().tolist() == [[p['cpu_minutes'], p['onset_f1']] for p in points] and line.get_label() == 'beats'
  assert run['evaluation'][1]['cpu_minutes'] == pytest.approx(4 * run['cpu_seconds_per_step'] / 60, abs=1e-3)
  with pytest.raises(errors.DataError, match='not a run folder'):
    polyphonic_candidates.measure({'none': str(tmp_path)}, 10)
