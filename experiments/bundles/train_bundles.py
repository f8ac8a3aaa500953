"""Repeats the bundles that ship, from the corpora to the data card: prepare -> train -> bundle -> measure, seeds fixed.

  python -m experiments.run train_bundles --bundle=cat-mel_2bar_small --corpus_root=/data --work_dir=/tmp/bundles
  python -m experiments.run train_bundles --bundle=all --corpus_root=/data --work_dir=/tmp/bundles --output_dir=musicnst/pretrained

`RECIPES` says what each bundle is made of. Everything can be interrupted: windows that are there are used again (recipes that need
the same ones share them), a training goes on from its last checkpoint, and a changed recipe starts in folders of its own. `--max_seconds`
stops a training after that time, to go on with the next call. Bundles go to `--output_dir` (default: WORK_DIR/bundles), figures of the
test split to WORK_DIR/figures. Classifiers of latents read those of the `polyphonic-2bar` that ships; to make them anew
on a new one, write into musicnst/pretrained as above, where `all` makes them in order.
"""
import dataclasses
import hashlib
import os

from absl import flags

from data_prep import cleaning
from data_prep import prepare
from experiments import report
from experiments.bundles import bundle_card
from experiments.bundles import genre_statistics
from musicnst import bundles
from musicnst import configs
from musicnst import registry


@dataclasses.dataclass(frozen=True)
class Recipe:
  """A bundle: what it is trained on and how; one comment a field."""

  corpora: str                     # of data_prep's CORPUS_MAP, comma-separated
  config: str                      # of CONFIG_MAP
  num_steps: int                   # the training ends there
  seed: int                        # of weights, data order and noise
  hparams: str = ''                # overrides of the config's, as --hparams has them
  best_by: str = 'loss'            # measure on the validation split that decides the checkpoint
  eval_every_steps: int = 500      # steps between evaluations on it
  eval_num_batches: int | None = None  # batches of an evaluation; None for all
  mixed_precision: bool = False    # compute in bfloat16
  time_mode: str = ''              # how music gets its beats: '' as each corpus needs, or fixed:QPM
  max_num_notes: int = 10000       # longer pieces are left out
  round_trip: bool = True          # leave out windows that do not come back equal
  first: 'Recipe | None' = None    # a training whose best weights this one starts from: of the same layers, on shorter music
  tune_threshold: bool = False     # choose the probability from which a cell is on by the validation split
  dtype: str = 'float16'           # of the weights in the bundle, see `bundles.DTYPES`
  description: str = ''            # one line for musicnst list; the config's by default
  about: str = ''                  # what it is and what it is for, the first paragraph of the card

  def make(self, name, job):
    """Trains and writes the bundle; its figures on the test split, or None where the training has still to go on."""
    finished, windows, run_dir = trained(name, self, job)
    return make_bundle(name, self, windows, run_dir, job.bundle(name), job.figures(f'{name}_test')) if finished else None


@dataclasses.dataclass(frozen=True)
class Statistics:
  """Numbers that ship beside the bundles: the whitened genre statistics of `genre_statistics`."""

  corpora: str

  def make(self, name, job):
    """Writes the file; stretches by genre."""
    return genre_statistics.run(job.corpus_root, job.bundle(name), self.corpora)


@dataclasses.dataclass(frozen=True)
class Composers:
  """Composer classifiers as `composer_classification` makes them: heads on statistics beside convolutions."""

  inputs: str                      # rolls (composer-roll and composer-13 together) or latents
  trunk: Recipe | None = None      # the convolutions of composer-roll, trained first
  run: object = registry.late('experiments.bundles.composer_classification', 'run')  # what makes them; loads Keras

  def make(self, name, job):
    """Writes the bundles; the results, or None where the convolutions have still to be trained."""
    del name  # one call makes all of these inputs
    trunks = dataclasses.replace(job, output=os.path.join(job.work, 'trunks'))
    if self.trunk and self.trunk.make('composer-roll', trunks) is None:
      return None
    given = {'roll_trunk': trunks.bundle('composer-roll')} if self.trunk else {}
    return self.run(job.corpus_root, os.path.join(job.work, 'composers'), make=job.output, inputs=self.inputs, **given)


@dataclasses.dataclass(frozen=True)
class LatentGenres:
  """The genre classifier of latents as `latent_genres` makes it: a head on statistics beside convolutions."""

  trunk: Recipe                    # the convolutions, trained first
  run: object = registry.late('experiments.bundles.latent_genres', 'run')  # what makes it; loads TensorFlow

  def make(self, name, job):
    """Writes the bundle; its figures, or None where the convolutions have still to be trained."""
    finished, windows, run_dir = trained(name, self.trunk, job)
    return self.run(windows, run_dir, job.bundle(name), job.figures(name)) if finished else None


@dataclasses.dataclass(frozen=True)
class Textures:
  """The mender of moved accompaniment, whose windows are made by `texture_windows`."""

  trunk: Recipe
  windows: object = registry.late('experiments.analysis.texture_windows', 'write_all')  # what makes them; loads much

  def make(self, name, job):
    """Writes the bundle; its figures, or None where the training has still to go on."""
    windows = self.windows(job.corpus_root, os.path.join(job.work, 'texture'))
    finished, start = train(f'{name}-first', self.trunk.first, windows, job)
    finished, run_dir = train(name, self.trunk, windows, job, start) if finished else (False, '')
    return make_bundle(name, self.trunk, windows, run_dir, job.bundle(name), job.figures(f'{name}_test')) if finished else None


GENRES = dict(corpora='all-genres', num_steps=2000, best_by='metrics/accuracy',
              about='An inner genre classifier of the default style transfer (classical, folk, jazz, pop) on polyphonic piano rolls of any '
                    'length. It steers the optimization; it is no judge of its results.')
TEXTURES = dict(corpora='pop909,asap,tpd-jazz,easymusicnotes,karaoke,nottingham', config='texture-2bar', best_by='metrics/onset_f1')
# Sizes that train on one CPU thread in minutes: the encoder hierarchical too, short recurrences instead of long ones, no scheduled sampling.
SMALL = 'sampling_schedule=constant,sampling_rate=0,hierarchical_encoder=True,max_beta=.03,beta_rate=.9997'
FREE_RUNNING = dict(best_by='metrics/accuracy_sampled', mixed_precision=True, dtype='float16-rounded')
TRIO = f'{SMALL},enc_rnn_size=[48],dec_rnn_size=[64],z_size=128,decay_rate=.9998,transpose_low=-5,transpose_high=5'
MELODY = Recipe(
    corpora='melodies', config='cat-mel_2bar_small', num_steps=9500, seed=1, eval_every_steps=500,
    hparams=f'{SMALL},enc_rnn_size=[192],dec_rnn_size=[256],level_lengths=[8,4],free_bits=32,batch_size=64,learning_rate=.005,decay_rate=.9997',
    about="Two bars of melody, one token a sixteenth, as 256 latents. Magenta's config at a small size, with a conductor over the eight beats.",
    **FREE_RUNNING)
FOUR = "classes=['Johann Sebastian Bach','Ludwig van Beethoven','Frédéric Chopin','Franz Schubert']"
ON_ROLLS = Composers(inputs='rolls', trunk=Recipe(
    corpora='maestro', time_mode='fixed:120', max_num_notes=40000, round_trip=False, config='composer-roll', seed=21, num_steps=1500,
    eval_every_steps=300, best_by='metrics/accuracy',
    hparams=f'{FOUR},filters=[64,96,128],kernels=[8,4,4],strides=[4,2,2],learning_rate=.002,decay_rate=.998,dropout=.3',
    about='The convolutions of composer-roll, without the head on statistics.'))

RECIPES = {
    'polyphonic-2bar': Recipe(
        corpora='all-genres,easymusicnotes,maestro', config='polyphonic-2bar', num_steps=13500, seed=1, mixed_precision=True,
        hparams='learning_rate=.002,decay_rate=.99985,min_learning_rate=.00005', best_by='metrics/onset_f1', eval_every_steps=1500,
        max_num_notes=40000, tune_threshold=True, about='Two bars of polyphonic music as latents; `musicnst transfer` works on them.'),
    'genre-inner-a': Recipe(
        config='genre-roll', seed=11, hparams='learning_rate=.002,decay_rate=.998,filters=[64,96,128],kernels=[8,4,4],strides=[4,2,2]', **GENRES),
    'genre-inner-b': Recipe(
        config='genre-roll_dense', seed=12, hparams='learning_rate=.002,decay_rate=.998,filters=[96,128],kernels=[16,4],strides=[4,4]', **GENRES),
    'genre-inner-c': Recipe(
        config='genre-roll_small', seed=13, hparams='learning_rate=.002,decay_rate=.998,filters=[64,96],kernels=[12,8],strides=[4,2]', **GENRES),
    'genre-inner-d': Recipe(
        config='genre-roll_square', seed=14, hparams='learning_rate=.002,decay_rate=.998,class_weights=[1.7,1.2,2.2,.5]',
        **{**GENRES, 'best_by': 'metrics/mean_per_class_accuracy'}),
    'composer-roll': ON_ROLLS,
    'composer-13': ON_ROLLS,
    'composer-latent': Composers(inputs='latents'),
    'genre-latent': LatentGenres(Recipe(
        corpora='all-genres', config='genre-latent', seed=14, num_steps=1200, eval_every_steps=200, best_by='metrics/accuracy',
        hparams='z_size=512,steps=128,dropout=.3,learning_rate=.001,decay_rate=.998')),
    'cat-mel_2bar_small': MELODY,
    'hierdec-mel_16bar': Recipe(
        corpora='melodies', config='hierdec-mel_16bar', num_steps=6000, seed=1, eval_every_steps=1000, first=MELODY,
        hparams=f'{SMALL},enc_rnn_size=[192],dec_rnn_size=[256],level_lengths=[64,4],z_size=256,batch_size=16,learning_rate=.002,decay_rate=.9998,'
                'transpose_low=-5,transpose_high=5',
        about="Sixteen bars of melody as 256 latents. Magenta's config at a small size, with a conductor over the 64 beats.", **FREE_RUNNING),
    'hierdec-trio_16bar': Recipe(
        corpora='karaoke', config='hierdec-trio_16bar', num_steps=1500, seed=1, eval_every_steps=500,
        hparams=f'{TRIO},level_lengths=[64,4],batch_size=16,learning_rate=.002',
        first=Recipe(corpora='karaoke', config='hierdec-trio_16bar', num_steps=2500, seed=1, eval_every_steps=500,
                     hparams=f'{TRIO},steps=32,level_lengths=[8,4],free_bits=48,batch_size=64,learning_rate=.004', **FREE_RUNNING),
        about="Sixteen bars of melody, bass and drums as 128 latents. Magenta's config at a small size, with a conductor over the 64 beats.",
        **FREE_RUNNING),
    'texture-2bar': Textures(Recipe(
        num_steps=2500, seed=2, hparams='learning_rate=.001,decay_rate=.999,min_learning_rate=.00005', dtype='float16-rounded',
        first=Recipe(num_steps=2430, seed=1, hparams='learning_rate=.0015,decay_rate=.9994,min_learning_rate=.00005', **TEXTURES),
        about='Mends two bars of accompaniment that a rule moved to other chords, for `musicnst transfer --method=arrange`. What is not the tune '
              'of a piece was moved by the rule to the chords of another window and back (POP909 as POP909-CL, under its checked chords, the '
              'others under chords that were found); some notes were shaken or put across the tune; the window itself is asked for. In the first '
              'steps of the weights that ship the network did not read which chords the notes were moved from.', **TEXTURES)),
    'genre-statistics.npz': Statistics(corpora='all-genres'),
}


@dataclasses.dataclass(frozen=True)
class Job:
  """What one call works with; one comment a field."""

  corpus_root: str             # folder of the corpora
  work: str                    # folder of windows, runs and figures
  output: str                  # folder of the bundles
  recipes: dict                # name -> entry, as `RECIPES`
  max_seconds: float = 0.0     # each training stops after that time; 0 for no limit
  num_processes: int = 1       # that prepare windows; 0 takes one a core
  show_progress: bool = True   # print losses

  def bundle(self, name):
    """Where a bundle goes."""
    return os.path.join(self.output, name)

  def figures(self, name):
    """Where the figures of a bundle go."""
    return os.path.join(self.work, 'figures', f'{name}.json')


def run(names, corpus_root, work_dir, output_dir='', recipes=None, **options):
  """Makes bundles.

  Args:
    names: comma-separated, or 'all'.
    corpus_root, work_dir: folders.
    output_dir: folder of the bundles; WORK_DIR/bundles by default.
    recipes: name -> entry; `RECIPES` by default.
    **options: more fields of `Job`.

  Returns:
    {name: figures of the test split}, None where a training has still to go on.

  Raises:
    UnknownNameError: a name without a recipe; DataError, OutputError and the like from the steps.
  """
  job = Job(corpus_root, work_dir, output_dir or os.path.join(work_dir, 'bundles'), RECIPES if recipes is None else recipes, **options)
  wanted = list(job.recipes) if names == 'all' else [name.strip() for name in names.split(',')]
  entries = {name: registry.lookup(job.recipes, name, 'recipe') for name in wanted}
  made = {}
  for name, entry in entries.items():
    same = next((other for other in made if entries[other] is entry), None)  # what is made together is made once
    made[name] = made[same] if same else entry.make(name, job)
  return made


def config_of(recipe):
  """The `config.Config` of a Recipe."""
  return configs.get(recipe.config, recipe.hparams)


# ---------------------- the three steps ----


def _windows(recipe, job):
  """The prefix of the recipe's window records, prepared unless they are there; recipes alike in what counts share them."""
  converter = config_of(recipe).build_converter()
  kept = (recipe.corpora, converter.name, converter.to_dict(), recipe.time_mode, recipe.max_num_notes, recipe.round_trip)
  prefix = os.path.join(job.work, 'windows', f'{converter.name}-{_digest(kept)}', 'windows.tfrecord')
  if not os.path.isfile(f'{prefix}.report.json'):  # written last
    prepare.run(prefix, recipe.config, corpus_names=recipe.corpora, corpus_root=job.corpus_root, hparams=recipe.hparams,
                filters=cleaning.Filters(max_num_notes=recipe.max_num_notes), time_mode=recipe.time_mode, round_trip=recipe.round_trip,
                num_processes=job.num_processes or os.cpu_count())
  return prefix


def trained(name, recipe, job):
  """Windows and training of a recipe, that of `first` before it; returns (whether the last step is reached, prefix of the windows, run folder)."""
  start = ''
  if recipe.first:
    finished, windows, start = trained(f'{name}-first', recipe.first, job)
    if not finished:
      return False, windows, start
  windows = _windows(recipe, job)
  finished, run_dir = train(name, recipe, windows, job, start)
  return finished, windows, run_dir


def train(name, recipe, windows, job, start=''):
  """Trains or goes on, a new training from the weights of run folder `start`; returns (whether the last step is reached, run folder)."""
  from musicnst.training import loop
  name = next((known for known, other in job.recipes.items() if other is recipe), name)  # one training serves a bundle and what starts from it
  run_dir = os.path.join(job.work, 'runs', f'{name}-{_digest((dataclasses.asdict(recipe), os.path.dirname(windows)))}')
  if _step(run_dir) < recipe.num_steps:
    loop.train(
        config_of(recipe), run_dir, f'{windows}-train-*', eval_examples_path=f'{windows}-validation-*', num_steps=recipe.num_steps,
        seed=recipe.seed, best_by=recipe.best_by, eval_every_steps=min(recipe.eval_every_steps, recipe.num_steps),
        eval_num_batches=recipe.eval_num_batches, mixed_precision=recipe.mixed_precision, max_seconds=job.max_seconds, checkpoints_to_keep=1,
        keep_checkpoint_every_n_hours=None, show_progress=job.show_progress, warm_start=start)
  return _step(run_dir) >= recipe.num_steps, run_dir


def make_bundle(name, recipe, windows, run_dir, target, figures):
  """Writes the bundle of a run's best checkpoint with its card to `target`, and its figures on the test split to `figures`; returns those."""
  from musicnst import inference
  from musicnst.cli import bundle
  from musicnst.evaluation import model as evaluation
  info = bundle.run(run_dir, target, dtype=recipe.dtype, description=recipe.description,
                    examples_path=f'{windows}-validation-*' if recipe.tune_threshold else '')
  model, config, _ = inference.load_model(target)
  found = evaluation.evaluate(model, config, f'{windows}-test-*')
  prepared, best = (report.read_json(path) for path in (f'{windows}.report.json', os.path.join(run_dir, 'best', 'best.json')))
  bundles.save(model, config, target, bundle_card.write(name, recipe, config, prepared, best, found), recipe.dtype, **info)
  report.write_json(figures, {**found, 'model': name, 'step': info['step']})
  return found


def _step(run_dir):
  """The step of a run's last checkpoint; 0 without one."""
  from musicnst.training import run_dir as run_dir_lib
  prefix = run_dir_lib.RunDir(run_dir).checkpoint('latest')
  return int(prefix.rsplit('-', 1)[1]) if prefix else 0


def _digest(values):
  return hashlib.sha256(repr(values).encode()).hexdigest()[:8]


# ---------------------- the command line ----


def define_flags(flag_values):
  """The experiment's flags."""
  def string(name, default, text):
    flags.DEFINE_string(name, default, text, flag_values=flag_values)

  string('bundle', None, f'Which to make, comma-separated, or all: {", ".join(RECIPES)}.')
  string('corpus_root', None, 'Folder that holds the corpora.')
  string('work_dir', None, 'Folder for windows and runs.')
  string('output_dir', '', 'Folder for the bundles; WORK_DIR/bundles by default.')
  flags.DEFINE_float('max_seconds', 0.0, 'Stop each training after this time; call again to go on. 0 for no limit.', flag_values=flag_values)
  flags.DEFINE_integer('num_threads', 1, "TensorFlow's threads; 0 for as many as there are cores. The bundles that ship had 1.",
                       flag_values=flag_values)
  flags.DEFINE_integer('num_processes', 1, 'Processes that prepare windows; 0 takes one a core.', flag_values=flag_values)
  flags.mark_flags_as_required(['bundle', 'corpus_root', 'work_dir'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  from musicnst.training import strategy
  strategy.prepare_devices(num_threads=flag_values.num_threads)
  made = run(flag_values.bundle, flag_values.corpus_root, flag_values.work_dir, flag_values.output_dir, max_seconds=flag_values.max_seconds,
             num_processes=flag_values.num_processes)
  for name, figures in made.items():
    print(f'{name}: ' + ('not finished; call again to go on' if figures is None else 'made'))
