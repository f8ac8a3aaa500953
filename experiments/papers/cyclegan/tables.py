"""The measurements of `cyclegan_table1` as markdown, and as points of figure 1."""
from experiments.papers.cyclegan import recipes


def table1(found):
  """Markdown of what `cyclegan_table1.run` found."""
  counts = ', '.join(f'{genre} {count}' for genre, count in found['windows'].items())
  lines = [f'# CycleGAN, {found["split"]} split', '', f'Windows of four bars: {counts}.', '', '## Content change (mean ± standard deviation)', '',
           '| model | direction | added | removed | total | there and back |', '|---|---|---|---|---|---|']
  for name, entry in found['models'].items():
    for direction, values in entry['directions'].items():
      change = values['content_change']
      cells = [_spread(change[kind]) for kind in ('added', 'removed', 'total')] + [_spread(values['content_change_there_and_back'])]
      lines.append(f'| {name} | {direction} | ' + ' | '.join(cells) + ' |')
  lines += ['', '## Transfer strength', '',
            'S_tot^D: "hits" counts windows heard as of the source genre, as the papers do; "mean" takes probabilities; "decided" takes back '
            'the music heard, not its probabilities. Shares: windows heard as of the source genre before, after, and back. Last third: S_tot hits '
            'and change on validation windows, means over the looks of the last third of the training.', '',
            '| model | S_tot hits | S_tot mean | S_tot hits, decided | shares A: x, x^, x~ | shares B: x, x^, x~ | change | step | minutes | '
            'last third |', '|---|---|---|---|---|---|---|---|---|---|']
  lines += [_strength_row(name, entry) for name, entry in found['models'].items()]
  lines += ['', '## Classifiers', '', '| classifier | accuracy, mean of genres | by genre |', '|---|---|---|']
  for name, accuracy in found['classifiers'].items():
    by_genre = ', '.join(f'{genre} {value:.3f}' for genre, value in accuracy.items() if genre != 'mean')
    lines.append(f'| {name} | {accuracy["mean"]:.3f} | {by_genre} |')
  return '\n'.join(lines) + '\n'


def _strength_row(name, entry):
  shares = ['/'.join(f'{values["share_heard_as_source"][kind]:.2f}' for kind in ('source', 'transferred', 'cycled'))
            for values in entry['directions'].values()]
  minutes = entry['training'].get('processor_seconds', 0) / 60
  numbers = [f'{entry[key]:.3f}' for key in ('s_tot_hits', 's_tot_probability', 's_tot_hits_cycled_decided')]
  late = '{s_tot_hits:.3f} at {content_change:.2f}'.format(**entry['late']) if entry['late'] else ''
  return f'| {name} | ' + ' | '.join([*numbers, *shares, f'{entry["content_change"]:.2f}', str(entry['steps']), f'{minutes:.1f}', late]) + ' |'


def strengths(found):
  """[(variant, pair, S_tot hits, content change)] of the models that figure 1 shows, base among them."""
  rows = []
  for variant, short in {'base': 'base', **recipes.VARIANTS}.items():
    for pair in recipes.PAIRS:
      entry = found['models'].get(f'cyclegan-{short}_{pair}-small')
      if entry:
        rows.append((variant, pair, entry['s_tot_hits'], entry['content_change']))
  return rows


def rounded(value):
  """Floats to four places, within dicts and lists."""
  if isinstance(value, dict):
    return {key: rounded(v) for key, v in value.items()}
  if isinstance(value, list):
    return [rounded(v) for v in value]
  return round(value, 4) if isinstance(value, float) else value


def _spread(moments):
  return f'{moments["mean"]:.2f} ± {moments["std"]:.2f}'
