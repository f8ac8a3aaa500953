"""What is compared: methods, the strengths of their curves, the models they need and what those cost to train."""
import dataclasses
import os

from experiments import report
from experiments.benchmark import pieces

CYCLEGAN_PAIRS = {'classical_pop': ('classical-pop', 'pop-classical'), 'jazz_pop': ('jazz-pop', 'pop-jazz'),
                  'jazz_classical': ('jazz-classical', 'classical-jazz')}
# Minutes of one thread, as measured when they were made: the autoencoder, the classifiers beside it, composer classifiers.
AUTOENCODER_MINUTES, CLASSIFIER_MINUTES = 38.0, 12.0
VGG_CONTENTS = 3


@dataclasses.dataclass(frozen=True)
class Entry:
  """One method with its models.

  Args:
    label: its name in the tables.
    method: of `methods.METHODS`.
    strengths: points of its curve; None is the method's own strength.
    models: direction -> (path of the bundle below the models' folder, or '' for the shipped model); only these directions are run.
    minutes: of training, one thread, of what it needs; None: read from the JSON beside the bundle.
    contents: a direction, for methods that take minutes a piece; 0 for as many as asked.
    group: heading in the figure.
  """

  label: str
  method: str
  strengths: tuple = (None,)
  models: dict = dataclasses.field(default_factory=lambda: dict.fromkeys(pieces.DIRECTIONS, ''))
  minutes: float | None = 0.0
  contents: int = 0
  group: str = 'control'


def _cyclegan(variant, pairs):
  models = {direction: os.path.join('cyclegan', f'cyclegan-{variant}_{pair}-small') for pair in pairs for direction in CYCLEGAN_PAIRS[pair]}
  return Entry(f'cyclegan-{variant}', 'cyclegan', (.3, .5, .7, .9), models, None, group='CycleGAN')


def _paper(network, space, minutes, contents=0):
  return Entry(f'paper-{network}-{space}', f'paper-{network}-{space}', (.5, 1.0), minutes=minutes, contents=contents, group='MusicNST')


ENTRIES = (
    Entry('guided', 'guided', (.3, None, .8, 1.0), minutes=AUTOENCODER_MINUTES + CLASSIFIER_MINUTES, group='ours'),
    _paper('vgg', 'roll', 0.0, VGG_CONTENTS),
    _paper('classifier', 'roll', CLASSIFIER_MINUTES),
    _paper('vgg', 'latents', AUTOENCODER_MINUTES, VGG_CONTENTS),
    _paper('classifier', 'latents', AUTOENCODER_MINUTES + CLASSIFIER_MINUTES),
    _cyclegan('full', CYCLEGAN_PAIRS),
    _cyclegan('base', CYCLEGAN_PAIRS),
    *(_cyclegan(variant, ['classical_pop']) for variant in ('full-sn', 'full-sa', 'full-sn-sa')),
    Entry('musae', 'musae', (.25, .5, .75, 1.0), dict.fromkeys(pieces.DIRECTIONS, os.path.join('musae', 'musae-2bar_mixture')), None,
          group='MusAE'),
    Entry('interpolation', 'interpolation', (.25, .5, .75), minutes=AUTOENCODER_MINUTES, group='MusicVAE latents'),
    Entry('arithmetic', 'arithmetic', (.25, .5, .75, 1.0), minutes=AUTOENCODER_MINUTES, group='MusicVAE latents'),
    Entry('copy', 'copy'), Entry('silence', 'silence'), Entry('half-notes', 'half-notes'), Entry('style-piece', 'style-piece'),
)


def missing(entry, models_dir):
  """Bundles of an entry that are not there."""
  return sorted({model for model in entry.models.values() if model and not os.path.isdir(os.path.join(models_dir, model))})


def training_minutes(entry, models_dir):
  """Processor minutes of training for one direction, a float, or None where nobody wrote them down."""
  if entry.minutes is not None:
    return entry.minutes
  found = []
  for model in set(entry.models.values()):
    path = os.path.join(models_dir, model + '.json')
    if os.path.isfile(path):
      found.append(report.read_json(path).get('processor_seconds', 0.0) / 60)
  return sum(found) / len(found) if found else None
