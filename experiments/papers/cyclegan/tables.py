"""The measurements of `cyclegan_table1` as markdown, and as points of figure 1."""
from experiments import report
from experiments.papers.cyclegan import recipes


def page(found):
  """Markdown of what `cyclegan_table1.run` found."""
  counts = ', '.join(f'{genre} {count}' for genre, count in found['windows'].items())
  classifiers = [[name, f'{accuracy["mean"]:.3f}', ', '.join(f'{genre} {value:.3f}' for genre, value in accuracy.items() if genre != 'mean')]
                 for name, accuracy in found['classifiers'].items()]
  return '\n\n'.join([
      f'# CycleGAN, {found["split"]} split', f'Windows of four bars: {counts}.', '## Content change (mean ± standard deviation)',
      report.table(['model', 'direction', 'added', 'removed', 'total', 'there and back'], _changes(found)), '## Transfer strength',
      'S_tot^D: "hits" counts windows heard as of the source genre, as the papers do; "mean" takes probabilities; "decided" takes back '
      'the music heard, not its probabilities. Shares: windows heard as of the source genre before, after, and back. Last third: S_tot hits '
      'and change on validation windows, means over the points of the last third of the training.',
      report.table(
          ['model', 'S_tot hits', 'S_tot mean', 'S_tot hits, decided', 'shares A: x, x^, x~', 'shares B: x, x^, x~', 'change', 'step', 'minutes',
           'last third'], [_strength(name, entry) for name, entry in found['models'].items()]),
      '## Classifiers', report.table(['classifier', 'accuracy, mean of genres', 'by genre'], classifiers)])


def _changes(found):
  rows = []
  for name, entry in found['models'].items():
    for direction, values in entry['directions'].items():
      moments = [*(values['content_change'][kind] for kind in ('added', 'removed', 'total')), values['content_change_there_and_back']]
      rows.append([name, direction, *(f'{m["mean"]:.2f} ± {m["std"]:.2f}' for m in moments)])
  return rows


def _strength(name, entry):
  shares = ['/'.join(f'{values["share_heard_as_source"][kind]:.2f}' for kind in ('source', 'transferred', 'cycled'))
            for values in entry['directions'].values()]
  numbers = [f'{entry[key]:.3f}' for key in ('s_tot_hits', 's_tot_probability', 's_tot_hits_cycled_decided')]
  late = '{s_tot_hits:.3f} at {content_change:.2f}'.format(**entry['late']) if entry['late'] else ''
  minutes = entry['training'].get('processor_seconds', 0) / 60
  return [name, *numbers, *shares, f'{entry["content_change"]:.2f}', entry['steps'], f'{minutes:.1f}', late]


def strengths(found):
  """[(variant, pair, S_tot hits, content change)] of the models that figure 1 shows, base among them."""
  rows = []
  for variant, short in {'base': 'base', **recipes.VARIANTS}.items():
    for pair in recipes.PAIRS:
      entry = found['models'].get(f'cyclegan-{short}_{pair}-small')
      if entry:
        rows.append((variant, pair, entry['s_tot_hits'], entry['content_change']))
  return rows
