"""The page of results: tables made of results.json, and the reading of them."""
from experiments import report
from experiments.papers.musicnst import reading
from experiments.papers.musicnst import tables

DEVIATIONS = '''
- VGG-19's weights: {vgg}. The published code showed VGG-16 a picture of 5 frames a second, stretched; here VGG-19, as the paper says, sees
  sixteenths by 88 keys, or latents, a row a window.
- The published loop was L-BFGS; here it is Adam, as in every method, and L-BFGS beside it. In the published code the style's weight was 0 by an
  integer division, so what it shows is content and total variation alone: the row 1 : 0 of the sweep.
- Every layer's distance is divided by the energy of its target and layers are averaged, so that 1 : 4 means the same for each network.
- Classifiers: convolutions pooled over time and dense layers, trained with notes dropped and transposed, not the paper's flattened funnel. Style
  layers are all of them, as published; content is the last convolution, since what is pooled has lost its order.
- The autoencoder is `{model}` (z of {z_size}), not two biLSTMs with a collapsed z; latents are decoded as they are.
- Time: the first 16 bars; MAESTRO has no beats and is read at 120 quarters a minute, 32 s.
- A roll's cell is written as a note from .5; where a table says .05 it is, as published, from 5 of at most 100.
'''


def text(results):
  """results -> README.md."""
  settings = results.get('settings', {})
  command = f'Written by `python -m experiments.run musicnst_experiments` (seed {settings.get("seed", 0)}); its docstring has the flags.'
  parts = ["# The paper's four experiments, run", command, reading.text(results), '## Tables', *tables.all_tables(results), *_models(results)]
  vgg = "ImageNet's" if settings.get('imagenet') else "random (He et al., 2015), since ImageNet's could not be fetched here; `--imagenet` takes them"
  parts += ['## Deviations from the paper', DEVIATIONS.format(vgg=vgg, model=settings.get('model', '?'), z_size=settings.get('z_size', '?')).strip()]
  return '\n\n'.join(part for part in parts if part) + '\n'


def _models(results):
  """What the experiments stand on."""
  parts = []
  if results.get('classifier_curves'):
    lines = ['### Learning curves of the classifiers (the paper\'s Figure 3)', '![curves](classifier_curves.png)', '']
    for name, curves in results['classifier_curves'].items():
      accuracy = curves['validation']['accuracy']
      if accuracy:
        best = max(accuracy, key=lambda point: point[1])
        lines.append(f'- `{name}`: best validation accuracy {best[1]:.3f} at step {best[0]}, last {accuracy[-1][1]:.3f} at step {accuracy[-1][0]}.')
    parts.append('\n'.join(lines))
  if results.get('composers'):
    columns = ('accuracy', 'mean_per_class_accuracy', 'majority', 'windows', 'steps')
    rows = [[f'`{name}`', *([_plain(v[column]) for column in columns] if 'accuracy' in v else [v['error'], '', '', '', ''])]
            for name, v in results['composers'].items()]
    parts.append('### Accuracy of the shipped composer classifiers (test windows)\n\n' + report.table(
        ['classifier', 'accuracy', 'mean over classes', 'most frequent class', 'windows', 'steps a window'], rows)
        + "\n\nThe paper: .50 on rolls, .41 on latents of a collapsed autoencoder.")
  if results.get('composers_reported'):
    rows = [[name, *(_plain(value) for value in row.values())] for name, row in results['composers_reported'].items()]
    names = [name.replace('_', ' ') for name in next(iter(results['composers_reported'].values()))]
    parts.append('### Composers, as `composer_classification` measured them\n\n' + report.table(['', *names], rows))
  if results.get('latents'):
    parts.append(_latents(results['latents']))
  return parts


def _plain(value):
  """A count, or a share in three digits."""
  return str(value) if isinstance(value, int) else f'{value:.3f}'


def _latents(found):
  return (
      '### Distribution of z\n\n![latents](latents.png)\n\n'
      f'Over {found["windows"]} validation windows of two bars: the means deviate by {found["mean_std"]:.3f} over all {found["z_size"]} dimensions, '
      f'samples by {found["sample_std"]:.3f} (the prior: 1); the largest mean is {found["largest_mean"]:.1f}; {found["active_dimensions"]} '
      f'dimensions carry more than .1 nats, together {found["kl_nats"]:.1f} nats. The paper\'s autoencoder had no value beyond .0025.')
