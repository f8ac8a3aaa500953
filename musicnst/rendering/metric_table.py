"""The metrics of a transfer as an HTML table with their meanings in plain words, and how much was copied from the style piece."""
import html

from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer
from musicnst.rendering import plots

# What METRIC_MAP does not hold: figures that a transfer gives beside the metrics.
_MEANINGS = {
    'style_genre_after': 'Probability of the genre of the style, by the classifiers that the method itself uses: no independent judge.',
}


def rows(result):
  """`<table>` of every metric of a TransferResult and a sentence on copying, as HTML text."""
  before = {name: value for name, value in result.metrics.items() if name.endswith('_before')}
  lines = []
  for name, value in result.metrics.items():
    if name not in before:
      numbers = [value, before.get(f'{name.removesuffix("_after")}_before')] if before else [value]
      lines.append(_row(name, numbers))
  columns = ('figure', 'result', 'content', 'what it says') if before else ('figure', 'result', 'what it says')
  head = ''.join(f'<th scope="col">{column}</th>' for column in columns)
  table = f'<table><tr>{head}</tr>{"".join(lines)}</table>' if lines else ''
  return f'{table}<p>{html.escape(copied(result))}</p>'


def meaning(name):
  """What a metric says, in plain words; '' for one that nobody described."""
  if name in metric_map.METRIC_MAP:
    return metric_map.METRIC_MAP[name].meaning
  return _MEANINGS.get(name, '')


def copied(result):
  """How long a run of notes the result shares with the style piece, and what the content shared with it already."""
  run = transfer.longest_common_notes(result.sequence, result.style)
  before = transfer.longest_common_notes(result.content, result.style)
  text = f'Copied from the style piece: the longest run of notes that result and style share, at any pitch, is {_notes(run.length)} long'
  text += f' ({100 * run.share:.0f} % of the result); content and style shared {before.length} before.'
  if len(result.added):
    own = transfer.longest_common_notes(notes_lib.of(result.sequence, notes=result.added), result.style)
    text += f' Among the new notes alone it is {_notes(own.length)}.'
  return text


def _row(name, numbers):
  title = html.escape(name.removesuffix('_after').replace('_', ' '))
  cells = ''.join(f'<td class="number">{"" if number is None else plots.short(number)}</td>' for number in numbers)
  return f'<tr><th scope="row">{title}</th>{cells}<td>{html.escape(meaning(name))}</td></tr>'


def _notes(number):
  return f'{number} note{"" if number == 1 else "s"}'
