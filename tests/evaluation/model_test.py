"""Evaluation of models with prescribed answers, so that every figure is known."""
import numpy as np
import pytest
from keras import ops

from musicnst import config as config_lib
from musicnst import configs
from musicnst import errors
from musicnst import hparams as hparams_lib
from musicnst.data import records
from musicnst.data import tfrecords
from musicnst.evaluation import model as evaluation
from musicnst.evaluation import threshold
from musicnst.models import base
from musicnst.representations import base as windows_lib
from musicnst.representations import converter_map
from tests.training import tiny


class _Oracle(base.LatentModel):
  """Teacher-forced it gives the truth; free-running it is silent. Two dimensions of four are active."""

  def __init__(self, converter, logit=10.0):
    super().__init__()
    self.converter, self.z_size, self.logit, self.built = converter, 4, logit, True

  def encode(self, batch):
    rows = ops.shape(batch['inputs'])[0]
    # KL of N(mean, 1) is mean^2 / 2: 2, .5, .02, 0 nats.
    return base.Gaussian(ops.tile(ops.convert_to_tensor([[2.0, 1.0, .2, 0.0]]), (rows, 1)), ops.ones((rows, 4)))

  def decode_logits(self, z, batch=None):
    return (batch['outputs'] - .5) * self.logit

  def decode_tokens(self, z, steps=None, temperature=0.0, controls=None):
    silent = ops.zeros((ops.shape(z)[0], steps, self.converter.output_depth))
    if self.converter.categorical_depths:
      return silent + ops.one_hot(0, self.converter.output_depth)
    return silent

  def players(self):
    return (base.Player('model', self._terms, lambda: []),)

  def _terms(self, batch, training, step):
    rows = ops.shape(batch['inputs'])[0]
    return {'reconstruction': ops.ones((rows,)) * 3, 'divergence': ops.ones((rows,)) * ops.cast(step > 100, 'float32')}


def _config(converter, batch_size=8):
  return config_lib.Config('oracle', lambda h, c: _Oracle(c), lambda h: converter, hparams_lib.HParams(batch_size=batch_size))


def test_a_polyphonic_oracle(tmp_path):
  converter = configs.get('polyphonic-2bar').build_converter()
  path = tiny.write_windows(tmp_path / 'w.tfrecord', converter, 21, genres=('pop', 'folk', 'folk'))
  report = evaluation.evaluate(_Oracle(converter), _config(converter), path)
  whole = report['measures']
  assert (whole['windows'], report['groups']['pop']['windows'], report['groups']['folk']['windows']) == (21, 7, 14)
  assert (whole['loss'], whole['losses/reconstruction'], whole['losses/divergence']) == (4, 3, 1)  # annealing is over
  assert (whole['active_dimensions'], whole['dimensions'], whole['active_share']) == (2, 4, .5)
  assert whole['teacher_forced/onset_f1'] == whole['teacher_forced/frame_f1'] == whole['teacher_forced/accuracy'] == 1
  assert whole['sampled/onset_f1'] == whole['sampled/frame_f1'] == 0
  assert report['macro']['sampled/accuracy'] == pytest.approx(np.mean([group['sampled/accuracy'] for group in report['groups'].values()]))
  assert 'teacher_forced/onset_f1' in evaluation.table(report) and 'folk' in evaluation.table(report)
  few = evaluation.evaluate(_Oracle(converter), _config(converter), path, num_batches=2, group_by='')
  assert few['measures']['windows'] == 16 and 'groups' not in few


def test_a_melody_oracle_by_hand(tmp_path):
  converter = converter_map.CONVERTER_MAP['melody']()
  # Of 4 valid steps two are class 0 ("hold"), one class 5, one class 7; free-running says 0 always. Padding is not counted.
  outputs = np.zeros((converter.steps, converter.output_depth), np.uint8)
  outputs[np.arange(converter.steps), [0, 5, 0, 7] + [0] * (converter.steps - 4)] = 1
  window = windows_lib.Window(inputs=outputs, outputs=outputs, length=4, labels={})
  (tmp_path / 'w.tfrecord').write_bytes(tfrecords.frame(records.write_example(window, converter)))
  values = evaluation.evaluate(_Oracle(converter), _config(converter, 1), str(tmp_path / 'w.tfrecord'))['measures']
  assert values['teacher_forced/accuracy'] == values['teacher_forced/mean_per_class_accuracy'] == 1
  assert values['sampled/accuracy'] == .5
  assert values['sampled/mean_per_class_accuracy'] == pytest.approx(1 / 3)  # classes 0, 5, 7 give 1, 0, 0
  assert values['teacher_forced/event_accuracy'] == 1 and values['sampled/event_accuracy'] == 0
  assert 'teacher_forced/onset_f1' not in values


def test_a_classifier_is_reported_by_class(tmp_path):
  config = configs.get('genre-roll', 'filters=[4],kernels=[4],strides=[2],batch_size=8,classes=[folk,pop],steps=32')
  path = tiny.write_windows(tmp_path / 'w.tfrecord', config.build_converter(), 20, genres=('pop', 'folk', 'folk', 'folk'))
  model = config.build_model()
  for variable in model.trainable_variables:
    variable.assign(ops.zeros(variable.shape))
  model.output_head.bias.assign([1.0, 0.0])  # it says folk, always
  values = evaluation.evaluate(model, config, path)['measures']
  assert values['windows'] == 20 and values['accuracy'] == .75
  assert (values['accuracy/folk'], values['accuracy/pop'], values['mean_per_class_accuracy']) == (1, 0, .5)
  assert values['loss'] == pytest.approx(.75 * np.log(1 + np.exp(-1)) + .25 * np.log(1 + np.e), rel=.2)


def test_the_threshold_that_separates_is_found(tmp_path):
  converter = configs.get('polyphonic-2bar').build_converter()
  path = tiny.write_windows(tmp_path / 'w.tfrecord', converter, 9)

  class Shifted(_Oracle):

    def decode_logits(self, z, batch=None):
      # On cells have probability .3, the others .2: only a threshold between gives F1 1.
      return ops.where(batch['outputs'] > 0, np.log(.3 / .7), np.log(.2 / .8))

  found, score = threshold.tune(Shifted(converter), _config(converter, 4), path)
  assert .2 < found <= .3 and score == 1


def test_no_records_is_named(tmp_path):
  converter = configs.get('polyphonic-2bar').build_converter()
  with pytest.raises(errors.DataError, match='no record files match'):
    evaluation.evaluate(_Oracle(converter), _config(converter), str(tmp_path / 'nothing*'))
