"""Runs one experiment by its name; the only file of this package that reads a command line.

  python -m experiments.run transfer_pairs --corpus_root=/data --split=test --output=experiments/results/transfer_pairs

An experiment is a module with `define_flags(flag_values)` and `main(flag_values)`; without a name the list is printed.
"""
import importlib
import sys

from absl import flags

from musicnst import errors
from musicnst import quiet
from musicnst import registry

# Name -> (module in this package, imported when it is asked for; one line).
EXPERIMENT_MAP = {
    'analysis': ('benchmark.analysis', 'how well chords, keys and forms are found from the notes, against what people wrote down'),
    'beat_estimation': ('benchmark.beat_estimation',
        'how well beats are found, against annotation and against scores played with random tempo curves'),
    'composer_classification': ('bundles.composer_classification',
        'composers of MAESTRO on rolls and latents: makes the bundles, accuracy by segment and by piece'),
    'comparison': ('benchmark.comparison', "all methods on one table: ours, the paper's, CycleGANs, MusAE, walks in latents, controls"),
    'cyclegan_train': ('papers.cyclegan.train', 'trains the small CycleGANs and their classifiers, with the time they take'),
    'cyclegan_table1': ('papers.cyclegan.table1', 'CycleGAN: content change and transfer strength of every variant'),
    'cyclegan_figure1': ('papers.cyclegan.figure1', 'CycleGAN: strength by variant and pair; listeners against content change'),
    'cyclegan_figure2': ('papers.cyclegan.figure2', 'CycleGAN: what the classifier looks at, as piano rolls over saliency maps'),
    'genre_statistics': ('bundles.genre_statistics', 'makes the genre statistics that the default transfer ships with'),
    'latent_genres': ('bundles.latent_genres', 'makes the genre classifier of latents: statistics of decoded notes beside convolutions'),
    'transfer_benchmark': ('benchmark.transfer_benchmark',
        'methods and controls by judges that no method saw, on pieces across genres: tables, curves'),
    'transfer_judges': ('benchmark.transfer_judges', 'trains the judges of the transfer benchmark and examines them'),
    'polyphonic_candidates': ('bundles.polyphonic_candidates', 'learning curves of the networks that could be polyphonic-2bar'),
    'key_tables': ('bundles.key_tables', 'counts the tables of chords in keys that ship, over POP909-CL and Nottingham'),
    'train_chords': ('bundles.train_chords', 'trains the chord network that ships, on POP909-CL and Nottingham'),
    'train_bundles': ('bundles.train_bundles', 'repeats the bundles that ship: prepare, train, bundle, measure'),
    'musicnst_experiments': ('papers.musicnst.experiments',
        "the paper's four experiments: {VGG-19, composer classifier} x {piano roll, latents}"),
    'distribution': ('benchmark.distribution', 'generated against real music: distances by features, copying, BLEU'),
    'musae_train': ('papers.musae.train', 'trains the small MusAEs and the MusicVAEs that they are compared with'),
    'musae_table1': ('papers.musae.table1', "MusAE's table 1: reconstruction accuracy by track beside MusicVAE, flat and hierarchical"),
    'musae_figure3': ('papers.musae.figure3', "MusAE's figure 3: metrics of what each Gaussian of the mixture decodes to"),
    'musae_figure4': ('papers.musae.figure4', "MusAE's figure 4: Hamming distances along interpolations"),
    'musae_figure5': ('papers.musae.figure5', "MusAE's figure 5: latents of pairs of genres by PCA and t-SNE"),
    'transfer_reading': ('benchmark.transfer_reading', 'prints bars of a result of the transfer benchmark beside its content'),
    'transfer_ablation': ('benchmark.transfer_ablation', 'what each part of the default transfer is worth, by the benchmark'),
    'transfer_pairs': ('benchmark.transfer_pairs',
        'a method on twelve pairs of pieces across corpora; calibration of strength; means of several results'),
}


def execute(arguments):
  """Runs a command line given as a list without the program's name; returns the exit code."""
  if not arguments or arguments[0] in ('-h', '--help'):
    print(__doc__ + '\n' + '\n'.join(f'  {name:18} {text}' for name, (_, text) in EXPERIMENT_MAP.items()))
    return 0 if arguments else 2
  quiet.hush()
  try:
    module = importlib.import_module(f"experiments.{registry.lookup(EXPERIMENT_MAP, arguments[0], 'experiment')[0]}")
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
