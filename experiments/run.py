"""Runs one experiment by its name; the only file of this package that reads a command line.

  python -m experiments.run                 lists the experiments
  python -m experiments.run NAME --help     what an experiment does, what it writes, its flags
  python -m experiments.run NAME --flag=... runs it

An experiment is a module with `define_flags(flag_values)` and `main(flag_values)`. What makes which file of results: experiments/README.md.
"""
import importlib
import sys

from absl import flags

from musicnst import errors
from musicnst import quiet
from musicnst import registry

# Name -> (module in this package, imported when it is asked for; one line).
EXPERIMENT_MAP = {
    'musicnst_experiments': ('papers.musicnst.experiments', "the paper's four: {VGG-19, composer classifier} x {piano roll, latents}"),
    'cyclegan_train': ('papers.cyclegan.train', 'trains the small CycleGANs and their classifiers'),
    'cyclegan_table1': ('papers.cyclegan.table1', 'table 1: content change and transfer strength of every variant'),
    'cyclegan_figure1': ('papers.cyclegan.figure1', 'figure 1: strength by variant and pair; listeners against content change'),
    'cyclegan_figure2': ('papers.cyclegan.figure2', 'figure 2: what the classifier looks at, piano rolls over saliency maps'),
    'musae_train': ('papers.musae.train', 'trains the small MusAEs and the MusicVAEs that they are compared with'),
    'musae_table1': ('papers.musae.table1', 'table 1: reconstruction accuracy by track beside MusicVAE'),
    'musae_figure3': ('papers.musae.figure3', 'figure 3: metrics of what each Gaussian of the mixture decodes to'),
    'musae_figure4': ('papers.musae.figure4', 'figure 4: Hamming distances along interpolations'),
    'musae_figure5': ('papers.musae.figure5', 'figure 5: latents of pairs of genres by PCA and t-SNE'),
    'arrangement': ('benchmark.arrangement', 'is the style heard, are tune, chords, form kept, is it told from real music'),
    'texture': ('benchmark.texture', 'two bars under other chords: by the rule, and mended by texture-2bar'),
    'transfer_judges': ('benchmark.transfer_judges', 'trains the judges of the transfer benchmark and examines them'),
    'transfer_benchmark': ('benchmark.transfer_benchmark', 'methods and controls across genres, by judges that no method saw'),
    'transfer_ablation': ('benchmark.transfer_ablation', 'what each part of method `guided` is worth, by the benchmark'),
    'transfer_pairs': ('benchmark.transfer_pairs', 'a method on twelve pairs across corpora; calibration of strength'),
    'transfer_reading': ('benchmark.transfer_reading', 'prints bars of a result of the benchmark beside its content'),
    'comparison': ('benchmark.comparison', "all methods on one table: ours, the paper's, CycleGANs, MusAE, latents, controls"),
    'distribution': ('benchmark.distribution', 'generated against real music: distances by features, copying, BLEU'),
    'beat_estimation': ('benchmark.beat_estimation', 'beats found, against annotation and scores played at random tempo'),
    'bar_estimation': ('benchmark.bar_estimation', 'bars found where the meter of the file cannot be; fits what finds them'),
    'analysis': ('analysis.analysis', 'how well chords, keys and forms are found, against what people wrote down'),
    'melody': ('analysis.melody', 'how well the tune is found, and the roles of tracks, by corpus'),
    'train_bundles': ('bundles.train_bundles', 'makes the bundles that ship again: prepare, train, bundle, measure'),
    'composer_classification': ('bundles.composer_classification', 'makes composer classifiers; accuracy by segment and by piece'),
    'latent_genres': ('bundles.latent_genres', 'makes the genre classifier of latents'),
    'genre_statistics': ('bundles.genre_statistics', 'makes the genre statistics of method `guided`'),
    'train_chords': ('analysis.train_chords', 'trains the chord network that ships, on POP909-CL and Nottingham'),
    'key_tables': ('analysis.key_tables', 'counts the tables of chords in keys that ship'),
    'train_melody': ('analysis.train_melody', 'trains the network that tells the tune among the notes'),
    'train_tracks': ('analysis.train_tracks', 'fits what tells tune, bass and drums of a band by their notes'),
    'texture_windows': ('analysis.texture_windows', 'windows that texture-2bar learns from: moved to other chords and back'),
    'polyphonic_candidates': ('bundles.polyphonic_candidates', 'learning curves of the networks that could be polyphonic-2bar'),
}


def load(name):
  """The module of an experiment.

  Raises:
    UnknownNameError: no such experiment.
  """
  return importlib.import_module(f"experiments.{registry.lookup(EXPERIMENT_MAP, name, 'experiment')[0]}")


def listing():
  """All experiments with their lines, by folder."""
  folders = {}
  for name, (module, line) in EXPERIMENT_MAP.items():
    folders.setdefault(module.rpartition('.')[0].replace('.', '/'), []).append(f'  {name:24} {line}')
  return '\n'.join(f'\n{folder}\n' + '\n'.join(lines) for folder, lines in folders.items())


def usage(module):
  """What a module's docstring says, and its flags with their defaults."""
  flag_values = flags.FlagValues()
  module.define_flags(flag_values)
  return f'{module.__doc__.rstrip()}\n{flag_values.get_help(include_special_flags=False)}'


def execute(arguments):
  """Runs a command line given as a list without the program's name; returns the exit code."""
  if not arguments or arguments[0] in ('-h', '--help'):
    print(__doc__.rstrip() + '\n' + listing())
    return 0 if arguments else 2
  quiet.hush()
  try:
    module = load(arguments[0])
    if not {'-h', '--help'}.isdisjoint(arguments):
      print(usage(module))
      return 0
    flag_values = flags.FlagValues()
    module.define_flags(flag_values)
    flag_values(arguments)
    module.main(flag_values)
  except (errors.MusicnstError, flags.Error) as error:
    print(f'experiments.run {arguments[0]}: {error}', file=sys.stderr)
    return 2
  return 0


if __name__ == '__main__':
  sys.exit(execute(sys.argv[1:]))
